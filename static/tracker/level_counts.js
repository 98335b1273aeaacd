// "counts-updated" -> the level strip, the headline, the title and the favicon; and
// "pending-moved" when other compressions wait for a person than before: one was
// recorded, judged by somebody else, or taken back as none. Fewer sessions than before
// make the list outdated.
const number = new Intl.NumberFormat("en-US");
let lastPending;
let lastTotal;

function set(name, value) {
  for (const slot of document.querySelectorAll(`[data-count="${name}"]`)) {
    slot.textContent = number.format(value);
    if (!slot.classList.contains("n")) continue;
    slot.classList.toggle("zero", value === 0);
    slot.classList.toggle("long", value > 9999); // as _level_strip.html says
  }
}

function showAlarms(alarms) {
  const bare = document.title.replace(/^\(\d+\) /, "");
  document.title = alarms ? `(${alarms}) ${bare}` : bare;
  const icon = document.querySelector("[data-favicon]");
  const href = icon.dataset.favicon + (alarms ? `?alarms=${alarms}` : "");
  if (icon.getAttribute("href") !== href) icon.setAttribute("href", href);
}

function showPending(pending) {
  const badge = document.querySelector("[data-pending]");
  if (!badge || pending === undefined) return;
  const text = pending > 99 ? "99+" : number.format(pending);
  // At first the badge alone says how many waited when the page was made.
  const hasMoved = lastPending === undefined ? badge.firstChild.textContent !== text : pending !== lastPending;
  lastPending = pending;
  if (hasMoved) document.dispatchEvent(new CustomEvent("pending-moved", { detail: { pending } }));
  badge.firstChild.textContent = text;
  badge.hidden = pending === 0;
}

// What was judged on this page is shown there by its own answer, and by the badge.
document.addEventListener("pending-changed", () => { lastPending = undefined; });

document.addEventListener("counts-updated", ({ detail }) => {
  // A session's socket counts its own project only.
  if (!document.body.dataset.liveUrl.includes("/overview/")) return;
  const { counts } = detail;
  const alarms = counts.critical + counts.exceeded;
  showAlarms(alarms);
  showPending(detail.pending);
  const total = Object.values(counts).reduce((sum, n) => sum + n, 0);
  // Deleted sessions send no news of their own.
  if (total < lastTotal) document.dispatchEvent(new CustomEvent("list-outdated"));
  lastTotal = total;
  const strip = document.getElementById("level-strip");
  if (!strip) return;
  if (!("liveCounts" in strip.dataset)) {
    // Narrowed by a filter: only the server knows these counts.
    document.dispatchEvent(new CustomEvent("list-outdated", { detail }));
    return;
  }
  for (const [level, count] of Object.entries(counts)) set(level, count);
  set("alarms", alarms);
  set("all", total);
  const verb = document.querySelector("[data-verb]");
  if (verb) verb.textContent = alarms === 1 ? "needs" : "need";
});
