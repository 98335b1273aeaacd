// The review bar: "f" opens the note and focuses it, Escape closes it. The result of a
// dry run is scrolled into view.
document.addEventListener("toggle", ({ target }) => {
  if (!target.matches?.("[data-menu]") || !target.open) return;
  target.querySelector("textarea, select")?.focus();
}, true);

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of document.querySelectorAll(".review [data-menu][open]")) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

document.addEventListener("htmx:afterSwap", ({ detail }) => {
  if (detail.target.id !== "dry-run") return;
  for (const menu of document.querySelectorAll(".review [data-menu][open]")) menu.open = false;
  const panel = document.getElementById("dry-run");
  panel.scrollIntoView({ block: "center" });
  panel.focus({ preventScroll: true });
});
