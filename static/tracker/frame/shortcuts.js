// Keys: g then o, s, e or c opens a page, / searches, j and k move between rows, ? lists all.
const dialog = document.getElementById("shortcuts");
let afterG = 0;

function go(letter) {
  const number = { o: 1, s: 2, e: 3, c: 4 }[letter];
  const link = number && document.querySelector(`.nav a:nth-of-type(${number})`);
  if (link) location.assign(link.href);
}

function walk(step) {
  const links = [...document.querySelectorAll("main [data-row-link]")];
  const here = links.indexOf(document.activeElement);
  const next = links[here < 0 ? 0 : Math.min(links.length - 1, Math.max(0, here + step))];
  next?.focus();
}

const ACTIONS = {
  "?": () => (dialog.open ? dialog.close() : dialog.showModal()),
  "/": () => document.querySelector("input[type=search]")?.focus(),
  g: () => (afterG = Date.now()),
  j: () => walk(1),
  k: () => walk(-1),
  p: () => document.querySelector("[data-stream-pause]")?.click(),
  t: () => document.querySelector("[data-theme-toggle]").click(),
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest("input, select, textarea, [contenteditable]")) {
    if (event.key === "Escape") event.target.blur();
    return;
  }
  if (Date.now() - afterG < 1200 && event.key !== "g") {
    afterG = 0;
    go(event.key);
    return;
  }
  const own = document.querySelector(`[data-key-press="${CSS.escape(event.key)}"]`);
  if (!own && !ACTIONS[event.key]) return;
  event.preventDefault();
  if (own) own.matches("input, textarea") ? own.focus() : own.click();
  else ACTIONS[event.key]();
});

document.querySelector("[data-shortcuts-open]")?.addEventListener("click", () => dialog.showModal());
document.addEventListener("click", ({ target }) => {
  for (const menu of document.querySelectorAll("[data-menu][open]")) {
    if (!menu.contains(target)) menu.open = false;
  }
});
