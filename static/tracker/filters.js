// Keeps empty filters out of the address. "Back" reloads, so that the form shows its old values.
document.addEventListener("htmx:configRequest", ({ target, detail }) => {
  if (!target.matches("[data-filters]")) return;
  for (const [name, value] of [...detail.formData.entries()]) {
    if (value === "") detail.formData.delete(name);
  }
});
addEventListener("popstate", () => location.reload());
