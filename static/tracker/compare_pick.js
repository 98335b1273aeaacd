// The list of sessions: two ticked sessions can be compared. A fresh list keeps the
// ticks; a third tick takes the first one back.
const picked = [];

function show() {
  for (const box of document.querySelectorAll("input[name=with]")) box.checked = picked.includes(box.value);
  const button = document.querySelector("[data-compare]");
  if (button) button.disabled = picked.length !== 2;
}

document.addEventListener("change", ({ target }) => {
  if (!target.matches("input[name=with]")) return;
  const at = picked.indexOf(target.value);
  if (at >= 0) picked.splice(at, 1);
  if (target.checked) picked.push(target.value);
  if (picked.length > 2) picked.shift();
  show();
});
document.addEventListener("htmx:afterSettle", show);
for (const box of document.querySelectorAll("input[name=with]:checked")) picked.push(box.value);
picked.splice(2);
show();
