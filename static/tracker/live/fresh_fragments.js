// Refetches a fragment (by the event "refresh", which htmx or the chart handles) after an
// event named in its data-refresh-on. One request at a time, then a pause. Never while the
// tab is hidden, nor while the reader points at the fragment, has the focus in it or has
// selected rows. The server sets the pause: 2 s, longer when many pages are open, so that
// all pages together stay below a fixed request rate. The first request after a quiet time
// is spread over one such pause, or all browsers would ask at the same moment.
const NAMES = ["list-outdated", "threshold-event", "compression-recorded", "budget-updated", "live-gap", "pending-moved"];
const SHORTEST_MS = 2000; // as in tracker/pages/frame/fragment_pause.py
const SOON_MS = 400; // the longest delay of a first request while few pages are open
const LONGEST_MS = 60_000; // after failures
const firstPause = Number(document.body.dataset.fragmentPause) || SHORTEST_MS;
const due = new Map(); // id -> when to ask
const rest = new Map(); // id -> do not ask before
const pauses = new Map(); // id -> length of its pause
const heard = new Map(); // id -> when its last event came
const asked = new Map(); // id -> when its last request went out

const began = Date.now();

const withJitter = (pause) => pause * (1 + Math.random() / 5);
const pauseOf = (id) => pauses.get(id) ?? firstPause;

function ask(id) {
  if (due.has(id)) return;
  due.set(id, Date.now() + Math.random() * (pauseOf(id) - SHORTEST_MS + SOON_MS));
}

function isInUse(fragment) {
  const isSelectedIn = fragment.querySelector("input:checked") !== null;
  return isSelectedIn || fragment.matches(":hover") || fragment.contains(document.activeElement);
}

function isUnderWay(fragment) {
  return fragment.matches(".htmx-request, [aria-busy=true]");
}

function refreshDue() {
  if (document.hidden) return;
  const now = Date.now();
  for (const [id, at] of due) {
    const fragment = document.getElementById(id);
    if (fragment && (now < at || now < (rest.get(id) ?? 0))) continue;
    if (fragment && (isUnderWay(fragment) || isInUse(fragment))) continue;
    due.delete(id);
    if (!fragment) continue;
    asked.set(id, now);
    // If no answer is ever reported, the next request still waits for a pause.
    rest.set(id, now + withJitter(pauseOf(id)));
    window.htmx.trigger(fragment, "refresh");
  }
}

// `pause` and `age` are milliseconds from the answer's headers, NaN without them.
function answered(id, { status, pause, age }) {
  const isBusy = status === 0 || status === 429 || status >= 500;
  const next = isBusy ? Math.min(2 * pauseOf(id), LONGEST_MS) : Math.max(SHORTEST_MS, pause || 0);
  pauses.set(id, next);
  rest.set(id, Date.now() + withJitter(next));
  // The server shares one rendering between browsers, so this answer may be older than the
  // last event: ask again.
  if (isBusy || heard.get(id) >= asked.get(id) - (age || 0)) ask(id);
}

document.addEventListener("htmx:afterRequest", ({ detail }) => {
  const { elt, target, triggeringEvent } = detail.requestConfig;
  const read = (name) => Number.parseInt(detail.xhr.getResponseHeader(name), 10);
  const { status } = detail.xhr;
  const age = read("X-Fragment-Age");
  if (triggeringEvent?.type === "refresh") answered(elt.id, { status, pause: read("X-Fragment-Pause"), age });
  // The answer to a filter may be older than an event that did not concern the previous list.
  else if (age > 0) ask(target.id);
});
// A fold that the reader has closed stays closed when its section is replaced.
document.addEventListener("htmx:oobBeforeSwap", ({ detail }) => {
  const fold = detail.target.querySelector("[data-keep-open]");
  const next = detail.fragment.querySelector("[data-keep-open]");
  if (fold && next) next.open = fold.open;
});
// So do those of a fragment that news replaces.
const folds = new Map();
document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  for (const fold of detail.target.querySelectorAll("details[id]")) folds.set(fold.id, fold.open);
});
document.addEventListener("htmx:afterSwap", () => {
  for (const [id, open] of folds) document.getElementById(id)?.toggleAttribute("open", open);
  folds.clear();
});
document.addEventListener("refresh-answered", ({ target, detail }) => answered(target.id, detail));

function isNews(fragment, name, detail) {
  const { only } = fragment.dataset;
  if (only && detail?.pk !== undefined && String(detail.pk) !== only) return false;
  if (name !== "list-outdated" || detail?.budget === undefined) return true;
  // A session below the last row of a full list changes nothing on the page.
  const rows = fragment.querySelectorAll("tr[data-ratio]");
  const floor = rows.length ? Number(rows[rows.length - 1].dataset.ratio) : 0;
  return rows.length < Number(fragment.dataset.full ?? 0) || detail.budget.used_ratio >= floor;
}

for (const name of NAMES) {
  document.addEventListener(name, ({ detail }) => {
    const leaving = document.querySelector(`[data-leave-on~="${name}"]`);
    if (leaving) location.assign(leaving.dataset.leaveTo);
    for (const fragment of document.querySelectorAll(`[data-refresh-on~="${name}"]`)) {
      if (!fragment.id || !isNews(fragment, name, detail)) continue;
      heard.set(fragment.id, Date.now());
      ask(fragment.id);
    }
  });
}
// What depends on the time of day changes without an event: sessions fall silent.
setInterval(() => {
  for (const fragment of document.querySelectorAll("[data-refresh-every]")) {
    if (Date.now() - (asked.get(fragment.id) ?? began) >= Number(fragment.dataset.refreshEvery) * 1000) ask(fragment.id);
  }
}, 5000);
setInterval(refreshDue, 100);
