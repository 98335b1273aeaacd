// "counts-updated" updates the level strip, the headline, the title and the favicon. When
// the number of compressions that nobody judged changed (one was recorded, reviewed by
// somebody else, or withdrawn), it also sends "pending-moved". Fewer sessions than before make the
// list outdated.
const number = new Intl.NumberFormat("en-US");
let lastPending;
let lastUnjudged;
let lastTotal;

function set(name, value) {
  for (const slot of document.querySelectorAll(`[data-count="${name}"]`)) {
    slot.textContent = number.format(value);
    if (!slot.classList.contains("n")) continue;
    slot.classList.toggle("zero", value === 0);
    slot.classList.toggle("long", value > 9999); // as in _level_strip.html
  }
}

// "Nothing needs you now · 9 sessions" or "1 of 9 sessions needs you".
function showHeadline(alarms, total) {
  const calm = document.querySelector("[data-calm]");
  if (!calm) return;
  calm.hidden = alarms > 0;
  document.querySelector("[data-alarm]").hidden = alarms === 0;
  document.querySelector("[data-verb]").textContent = alarms === 1 ? "needs" : "need";
  showPlural("all", total);
}

function showPlural(name, count) {
  for (const ending of document.querySelectorAll(`[data-plural="${name}"]`)) {
    ending.textContent = count === 1 ? "" : "s";
  }
}

function showAlarms(alarms) {
  const bare = document.title.replace(/^\(\d+\) /, "");
  document.title = alarms ? `(${alarms}) ${bare}` : bare;
  const icon = document.querySelector("[data-favicon]");
  const href = icon.dataset.favicon + (alarms ? `?alarms=${alarms}` : "");
  if (icon.getAttribute("href") !== href) icon.setAttribute("href", href);
}

function showPending({ pending, unjudged }) {
  const badge = document.querySelector("[data-pending]");
  if (!badge || pending === undefined) return;
  const text = pending > 99 ? "99+" : number.format(pending);
  // The first time, only the badge and the list know how many there were when the page
  // was rendered.
  const listed = document.querySelector("[data-unjudged]")?.dataset.unjudged ?? unjudged;
  const hasMoved = lastPending === undefined
    ? badge.firstChild.textContent !== text || Number(listed) !== unjudged
    : pending !== lastPending || unjudged !== lastUnjudged;
  lastPending = pending;
  lastUnjudged = unjudged;
  if (hasMoved) document.dispatchEvent(new CustomEvent("pending-moved", { detail: { pending } }));
  badge.firstChild.textContent = text;
  badge.hidden = pending === 0;
}

// A review made on this page already updated the page and the badge.
document.addEventListener("pending-changed", () => { lastPending = undefined; });

document.addEventListener("counts-updated", ({ detail }) => {
  // A session page's socket counts only its own project.
  if (!document.body.dataset.liveUrl.includes("/overview/")) return;
  const { counts, active } = detail;
  const alarms = active.critical + active.exceeded;
  showAlarms(alarms);
  showPending(detail);
  const total = Object.values(counts).reduce((sum, n) => sum + n, 0);
  // Deleted sessions send no event of their own.
  if (total < lastTotal) document.dispatchEvent(new CustomEvent("list-outdated"));
  lastTotal = total;
  const strip = document.getElementById("level-strip");
  if (!strip) return;
  if (!("liveCounts" in strip.dataset)) {
    // A filter is active: only the server knows the filtered counts.
    document.dispatchEvent(new CustomEvent("list-outdated", { detail }));
    return;
  }
  const sum = (found) => Object.values(found).reduce((all, n) => all + n, 0);
  for (const [level, count] of Object.entries(active)) {
    set(level, count);
    set(`idle-${level}`, Math.max(0, counts[level] - count));
  }
  set("alarms", alarms);
  set("all", sum(active));
  set("idle", Math.max(0, total - sum(active)));
  showPlural("idle", total - sum(active));
  showHeadline(alarms, sum(active));
});
