// "threshold-event" and "compression-recorded" add a line to the stream, made from a <template>.
const WORDS = { ok: "OK", warning: "Warning", compress: "Compress", critical: "Critical", exceeded: "Exceeded" };
// As tracker/domain/conversation/text/visible_text.py: invisible characters in a name are spelled out.
const HIDDEN = /(?<![^\0-\x7f])[\u200c-\u200f\u061c]|[\0-\x1f\x7f-\x9f\xad\u115f\u1160\u180e\u200b\u2028-\u202e\u2060-\u206f\u2800\u3164\ufeff\uffa0\ufff9-\ufffb\u{e0000}-\u{e0fff}]+/gu;
const number = new Intl.NumberFormat("en-US");
const { base } = document.body.dataset; // "/", or "/budget/" below a path
const stream = document.querySelector("[data-stream]");
let waiting = [];
let isPaused = false;
let lastShown = 0;
let timer = 0;

function mark(run) {
  const more = [...run].length - 1;
  const code = run.codePointAt(0).toString(16).toUpperCase().padStart(4, "0");
  return `‹U+${code}${more ? ` +${more}` : ""}›`;
}

function lineOf(message) {
  const template = stream.querySelector(`template[data-line="${message.type}"]`);
  const line = template.content.firstElementChild.cloneNode(true);
  const isEvent = message.type === "event";
  line.dataset.key = `${message.type}-${message.id}`;
  line.querySelector("time").dateTime = message.at;
  line.querySelector("a").href = base + (isEvent ? `sessions/${message.pk}/` : `compressions/${message.id}/`);
  line.querySelector("bdi").textContent = (message.title || message.session).replace(HIDDEN, mark);
  if (isEvent) {
    line.dataset.level = message.to_level;
    line.querySelector("use").setAttribute("href", `#lv-${message.to_level}`);
    line.querySelector("[data-from]").textContent = WORDS[message.from_level];
    line.querySelector("[data-to]").textContent = WORDS[message.to_level];
    line.querySelector("[data-used]").textContent = number.format(message.used_tokens);
  } else {
    const { before_tokens: before, after_tokens: after } = message;
    line.querySelector("[data-sizes]").textContent = `${number.format(before)} → ${number.format(after)}`;
    line.querySelector("[data-by]").textContent = message.told_by;
  }
  return line;
}

function flush() {
  timer = 0;
  if (isPaused || !waiting.length) return;
  lastShown = Date.now();
  const list = stream.querySelector("[data-stream-lines]");
  const known = new Set([...list.children].map((line) => line.dataset.key));
  for (const message of waiting) {
    if (known.has(`${message.type}-${message.id}`)) continue;
    known.add(`${message.type}-${message.id}`);
    list.prepend(lineOf(message));
  }
  waiting = [];
  while (list.children.length > Number(stream.dataset.most)) list.lastElementChild.remove();
  stream.querySelector(".stream-none").hidden = true;
  document.dispatchEvent(new CustomEvent("times-changed"));
}

function take({ detail }) {
  waiting = [...waiting, detail].slice(-Number(stream.dataset.most));
  if (isPaused) stream.querySelector("[data-stream-waiting]").textContent = `${waiting.length} waiting`;
  // The first line is shown immediately. More lines within the same second are shown together.
  timer ||= setTimeout(flush, Math.max(0, lastShown + 1000 - Date.now()));
}

if (stream) {
  document.addEventListener("threshold-event", take);
  document.addEventListener("compression-recorded", take);
  stream.querySelector("[data-stream-pause]").addEventListener("click", ({ currentTarget }) => {
    isPaused = !isPaused;
    currentTarget.setAttribute("aria-pressed", isPaused);
    currentTarget.querySelector("use").setAttribute("href", isPaused ? "#i-play" : "#i-pause");
    stream.querySelector("[data-stream-waiting]").textContent = isPaused ? "Paused" : "";
    flush();
  });
}
