// Empty filters stay out of the address; "back" brings the form's old values.
document.addEventListener("htmx:configRequest", ({ target, detail }) => {
  if (!target.matches("[data-filters]")) return;
  for (const [name, value] of [...detail.formData.entries()]) {
    if (value === "") detail.formData.delete(name);
  }
});
addEventListener("popstate", () => location.reload());
