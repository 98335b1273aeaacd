// The inbox: "x" selects the focused row, and the bar below counts the selected rows.
// With nothing selected, "a" and "f" apply to the focused row.
const number = new Intl.NumberFormat("en-US");
document.documentElement.classList.add("js");

function chosen() {
  return document.querySelectorAll("[data-inbox] input[name=ids]:checked").length;
}

function boxHere() {
  return document.activeElement?.closest("tr")?.querySelector("input[name=ids]");
}

function count() {
  const bar = document.querySelector("[data-bulk]");
  if (!bar) return;
  const selected = chosen();
  bar.classList.toggle("has-selection", selected > 0);
  bar.querySelector("[data-selected]").textContent = `${number.format(selected)} selected`;
}

document.addEventListener("keydown", (event) => {
  if (event.key !== "x" || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest("input:not([type=checkbox]), select, textarea")) return;
  boxHere()?.click();
});

document.addEventListener("change", ({ target }) => target.matches("[name=ids]") && count());
document.addEventListener("reset", () => setTimeout(count));
document.addEventListener("htmx:afterSettle", count);

// Runs in the capture phase, before htmx reads the form. With no row selected it selects
// the focused row, and without a focused row it sends nothing.
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-bulk] [name=verdict]");
  if (!button || chosen()) return;
  const box = boxHere();
  if (box) box.checked = true;
  else event.preventDefault();
}, true);

document.addEventListener("pending-changed", ({ detail }) => {
  const badge = document.querySelector("[data-pending]");
  if (!badge) return;
  badge.firstChild.textContent = detail.pending > 99 ? "99+" : number.format(detail.pending);
  badge.hidden = detail.pending === 0;
});
