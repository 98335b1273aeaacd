// Fetches a fragment anew (htmx, "refresh") when an event named in its
// data-refresh-on came: at most every 2 s, only while visible, and never under
// the reader's pointer or focus.
const NAMES = ["list-outdated", "threshold-event", "compression-recorded", "budget-updated", "live-gap"];
const PAUSE_MS = 2000;
const due = new Map();
const last = new Map();

function ask(id) {
  if (due.has(id)) return;
  const jitter = Math.random() * 400;
  due.set(id, Math.max(Date.now(), (last.get(id) ?? 0) + PAUSE_MS) + jitter);
}

function isInUse(fragment) {
  return fragment.matches(":hover") || fragment.contains(document.activeElement);
}

function refreshDue() {
  if (document.hidden) return;
  for (const [id, at] of due) {
    const fragment = document.getElementById(id);
    if (fragment && (Date.now() < at || isInUse(fragment))) continue;
    due.delete(id);
    if (!fragment) continue;
    last.set(id, Date.now());
    window.htmx.trigger(fragment, "refresh");
  }
}

function isNews(fragment, name, detail) {
  const { only } = fragment.dataset;
  if (only && detail?.pk !== undefined && String(detail.pk) !== only) return false;
  if (name !== "list-outdated" || detail?.budget === undefined) return true;
  // A session below the last row of a full list changes nothing that is shown.
  const rows = fragment.querySelectorAll("tr[data-ratio]");
  const floor = rows.length ? Number(rows[rows.length - 1].dataset.ratio) : 0;
  return rows.length < Number(fragment.dataset.full ?? 0) || detail.budget.used_ratio >= floor;
}

for (const name of NAMES) {
  document.addEventListener(name, ({ detail }) => {
    const leaving = document.querySelector(`[data-leave-on~="${name}"]`);
    if (leaving) location.assign(leaving.dataset.leaveTo);
    for (const fragment of document.querySelectorAll(`[data-refresh-on~="${name}"]`)) {
      if (fragment.id && isNews(fragment, name, detail)) ask(fragment.id);
    }
  });
}
setInterval(refreshDue, 100);
