// Keeps empty filters out of the address. "Back" reloads, so that the form shows its old values.
// On a phone all filters but the search are behind one button, which says how many are set.
const form = document.querySelector("[data-filters]");
const fold = form?.querySelector("[data-fold-filters]");

const isSet = ({ type, value, checked, dataset }) =>
  type === "checkbox" ? checked : value !== (dataset.usual ?? "");

function countSet() {
  const fields = form.querySelectorAll("select, input[type=date], input[type=checkbox]");
  const count = [...fields].filter(isSet).length;
  fold.textContent = count ? `Filters (${count})` : "Filters";
}

document.addEventListener("htmx:configRequest", ({ target, detail }) => {
  if (!target.matches("[data-filters]")) return;
  for (const [name, value] of [...detail.formData.entries()]) {
    if (value === "") detail.formData.delete(name);
  }
});
fold?.addEventListener("click", () => {
  const isOpen = form.classList.toggle("is-open");
  fold.setAttribute("aria-expanded", isOpen);
});
form?.addEventListener("change", countSet);
if (fold) countSet();
addEventListener("popstate", () => location.reload());
