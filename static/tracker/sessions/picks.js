// The list of sessions: a fresh list keeps the ticks, and buttons that would find none, or
// not the two that are compared, are grey.
const picked = new Set();

function show() {
  for (const box of document.querySelectorAll("input[name=with]")) box.checked = picked.has(box.value);
  const compare = document.querySelector("[data-compare]");
  if (compare) compare.disabled = picked.size !== 2;
  for (const button of document.querySelectorAll("[data-picked]")) button.disabled = !picked.size;
}

document.addEventListener("change", ({ target }) => {
  if (!target.matches("input[name=with]")) return;
  if (target.checked) picked.add(target.value);
  else picked.delete(target.value);
  show();
});
document.addEventListener("htmx:afterSettle", show);
for (const box of document.querySelectorAll("input[name=with]:checked")) picked.add(box.value);
show();
