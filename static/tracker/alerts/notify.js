// Tells this browser of sessions that rise to a level, while a page of the site is open. The
// choice (level, sound) is kept in this browser; permission is asked by a button alone.
const KEY = "token-budget-notify";
const RANKS = { ok: 0, warning: 1, compress: 2, critical: 3, exceeded: 4 };
const WORDS = { warning: "Warning", compress: "Compress", critical: "Critical", exceeded: "Exceeded" };
const number = new Intl.NumberFormat("en-US");
const panel = document.querySelector("[data-notify]");
const isPossible = "Notification" in window;
let isSpeaker = false;

function chosen() {
  try {
    return JSON.parse(localStorage.getItem(KEY)) ?? null;
  } catch {
    return null;
  }
}

function keep(choice) {
  if (choice) localStorage.setItem(KEY, JSON.stringify(choice));
  else localStorage.removeItem(KEY);
  draw();
}

// Two short tones. Browsers allow them once somebody has clicked on the page.
function sound() {
  const audio = new AudioContext();
  for (const [start, tone] of [[0, 660], [0.18, 880]]) {
    const source = new OscillatorNode(audio, { frequency: tone });
    const volume = new GainNode(audio, { gain: 0.08 });
    source.connect(volume).connect(audio.destination);
    source.start(audio.currentTime + start);
    source.stop(audio.currentTime + start + 0.14);
  }
  setTimeout(() => audio.close(), 1000);
}

function show(title, body, tag, address) {
  const note = new Notification(title, { body, tag });
  note.addEventListener("click", () => {
    focus();
    if (address) location.assign(address);
    note.close();
  });
  if (chosen()?.sound) sound();
}

function hear({ detail }) {
  const choice = chosen();
  if (!choice || !isSpeaker || Notification.permission !== "granted") return;
  const { from_level: from, to_level: to } = detail;
  if (RANKS[to] <= RANKS[from] || RANKS[to] < RANKS[choice.level]) return;
  const used = number.format(detail.used_tokens);
  const { base } = document.body.dataset;
  show(`${WORDS[to]}: ${detail.title || detail.session}`, `${used} tokens`, `event-${detail.id}`, `${base}sessions/${detail.pk}/`);
}

function draw() {
  if (!panel) return;
  const choice = chosen();
  const state = !isPossible ? "missing" : Notification.permission === "denied" ? "denied" : choice ? "on" : "off";
  for (const part of panel.querySelectorAll("[data-when]")) part.hidden = !part.dataset.when.split(" ").includes(state);
  if (!choice) return;
  panel.querySelector("[data-notify-level]").value = choice.level;
  panel.querySelector("[data-notify-sound]").checked = choice.sound;
}

if (isPossible) {
  document.addEventListener("threshold-event", hear);
  // Of several open pages one speaks: the others wait until it is closed.
  if (navigator.locks) navigator.locks.request(KEY, () => ((isSpeaker = true), new Promise(() => {})));
  else isSpeaker = true;
}

if (panel) {
  const read = () => ({
    level: panel.querySelector("[data-notify-level]").value,
    sound: panel.querySelector("[data-notify-sound]").checked,
  });
  panel.querySelector("[data-notify-on]").addEventListener("click", async () => {
    if ((await Notification.requestPermission()) === "granted") keep(read());
    else draw();
  });
  panel.querySelector("[data-notify-off]").addEventListener("click", () => keep(null));
  panel.querySelector("[data-notify-test]").addEventListener("click", () => show("A test of Token Budget's alerts", "Sessions that rise to the chosen level are told like this.", "test", ""));
  panel.addEventListener("change", () => chosen() && keep(read()));
  draw();
}
