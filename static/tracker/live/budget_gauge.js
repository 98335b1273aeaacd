// "budget-updated" moves the gauge, level and numbers of that session. The server
// decides levels; this file computes only the width of a bar.
const WORDS = { ok: "OK", warning: "Warning", compress: "Compress", critical: "Critical", exceeded: "Exceeded" };
const NOW_MS = 2000; // as in relative_time.js
const number = new Intl.NumberFormat("en-US");

function moveGauge(svg, ratio) {
  const share = Number(svg.dataset.share);
  const hotX = Number(svg.dataset.hotX);
  const fill = Math.min(100, Math.max(0, ratio * share));
  svg.querySelector(".g-fill").setAttribute("width", `${fill}%`);
  svg.querySelector(".g-hot").setAttribute("width", `${Math.max(0, fill - hotX)}%`);
  svg.querySelector(".g-edge").setAttribute("x", `${fill}%`);
  const over = svg.querySelector(".g-over");
  if (!over) return;
  over.setAttribute("width", `${Math.max(0, fill - share)}%`);
  svg.querySelector(".g-wall").classList.toggle("is-quiet", fill <= share);
  svg.classList.toggle("is-broken", fill >= 100);
}

function show(slot, message) {
  const { budget } = message;
  const name = slot.dataset.show;
  if (name === "level") slot.textContent = WORDS[budget.level];
  else if (name === "used_percent") slot.textContent = budget.used_percent.split(" ")[0];
  else if (name === "warning") slot.textContent = budget.warning ?? slot.dataset.calm ?? "";
  else if (name === "last_at") markTime(slot, message.last_at);
  else {
    const value = budget[name] ?? message[name];
    slot.textContent = typeof value === "number" ? number.format(value) : (value ?? "–");
    // "1 message", "2 messages": the plural ending stands beside its number.
    const ending = slot.parentElement.querySelector(`[data-plural="${name}"]`);
    if (ending) ending.textContent = value === 1 ? "" : "s";
  }
}

function markTime(slot, at) {
  const time = slot.querySelector("time");
  if (!time || !at) return;
  time.dateTime = at;
  // A snapshot also contains old sessions. relative_time.js writes their age.
  if (Date.now() - Date.parse(at) >= NOW_MS) return;
  time.textContent = time.dataset.relative === "long" ? "just now" : "now";
}

// Compression is due by the number of messages alone: the row says so.
function showDue(root, { reasons }) {
  const isDue = reasons.includes("messages") && !reasons.includes("budget");
  const due = root.querySelector("[data-due]");
  if (!due) return ""; // beside a word, the mark is the word's
  due.hidden = !isDue;
  const mark = root.querySelector(".w-level > .lv");
  if (isDue) mark.dataset.level = "compress";
  else delete mark.dataset.level;
  return isDue ? "compress" : "";
}

function update(root, message) {
  const { budget } = message;
  const wasIdle = root.classList.contains("is-idle");
  // As the server counts it: who reported within so long is active.
  const activeMs = Number(root.closest("[data-active-ms]")?.dataset.activeMs);
  const isIdle = Date.now() - Date.parse(message.last_at) > activeMs;
  const compactAt = String(message.compact_at_tokens ?? "");
  const isOutdated =
    (root.matches("tr") && wasIdle !== isIdle) ||
    (root.dataset.level !== budget.level && root.closest("[data-one-level]")) ||
    (root.dataset.compactAt ?? compactAt) !== compactAt ||
    root.dataset.available !== String(budget.available_tokens) || root.dataset.policy !== budget.policy;
  root.dataset.level = budget.level;
  root.dataset.ratio = budget.used_ratio;
  if (root.matches("tr")) root.classList.toggle("is-idle", isIdle);
  for (const svg of root.querySelectorAll("[data-gauge]")) moveGauge(svg, budget.used_ratio);
  const marked = showDue(root, budget) || budget.level;
  for (const use of root.querySelectorAll(":scope > .w-level use, [data-level-icon] use")) {
    use.setAttribute("href", `#lv-${marked}`);
  }
  for (const slot of root.querySelectorAll("[data-show]")) show(slot, message);
  return isOutdated || isOutOfPlace(root, budget.used_ratio);
}

const lastAt = (row) => Date.parse(row?.querySelector('[data-show="last_at"] time')?.dateTime);

function isOutOfPlace(row, ratio) {
  // Idle rows stand in a table of their own, by the same order.
  const like = (other) => other?.className === row.className;
  const { previousElementSibling: above, nextElementSibling: below } = row;
  if (row.closest("[data-newest-first]")) return lastAt(row) > lastAt(above);
  return (
    (like(above) && ratio > Number(above.dataset.ratio)) ||
    (like(below) && ratio < Number(below.dataset.ratio))
  );
}

document.addEventListener("budget-updated", ({ detail }) => {
  const roots = [...document.querySelectorAll(`[data-session="${Number(detail.pk)}"]`)].filter(
    (root) => root.dataset.lane === (detail.lane || "main"),
  );
  const outdated = roots.filter((root) => update(root, detail));
  // A row that changed its place makes every list outdated. For a session that is not on
  // the page, the event carries its budget: fresh_fragments.js decides whether it belongs.
  if (outdated.length) document.dispatchEvent(new CustomEvent("list-outdated"));
  else if (!roots.length) document.dispatchEvent(new CustomEvent("list-outdated", { detail }));
});
