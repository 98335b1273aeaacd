// Fetches the admin's open list anew, so that figures move without a reload. Not while the tab is
// hidden, a row is ticked, or somebody points at the list or types into it.
const EVERY_MS = 10_000;
const rowsOf = (page) => page.querySelector("#result_list tbody");
const nameOf = (row) => row.querySelector("th a, td a")?.getAttribute("href");

function isInUse(list) {
  return list.matches(":hover") || list.contains(document.activeElement) || list.querySelector("input:checked, tbody input[type=text]");
}

// Django's script knows the boxes of the page as it came: those rows keep them.
function show(fresh) {
  const [old, now] = [rowsOf(document), rowsOf(fresh)];
  if (!now) return;
  if (!old.querySelector(".action-select")) old.replaceWith(now);
  else {
    const known = new Map([...old.rows].map((row) => [nameOf(row), row]));
    for (const row of now.rows) {
      const same = known.get(nameOf(row));
      if (same?.cells.length !== row.cells.length) continue;
      [...row.cells].slice(1).forEach((cell, n) => same.cells[n + 1].replaceWith(cell));
    }
  }
  const counts = fresh.querySelectorAll(".paginator");
  document.querySelectorAll(".paginator").forEach((part, n) => counts[n] && part.replaceWith(counts[n]));
}

async function refresh() {
  const list = document.getElementById("result_list");
  if (document.hidden || isInUse(list)) return;
  const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
  if (answer.ok && !answer.redirected) show(new DOMParser().parseFromString(await answer.text(), "text/html"));
}

if (document.getElementById("result_list")) {
  setInterval(() => refresh().catch(() => {}), EVERY_MS); // a server that restarts is asked again
}
