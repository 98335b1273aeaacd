// [data-copy="#id"] copies that element's text; [data-copy=""] copies the page's address.
document.addEventListener("click", async ({ target }) => {
  const button = target.closest("[data-copy]");
  if (!button) return;
  const { copy } = button.dataset;
  const text = copy ? document.querySelector(copy).innerText : location.href;
  const label = button.querySelector("[data-copy-label]") ?? button;
  const before = (label.dataset.before ??= label.textContent); // on a second click the label already says "Copied"
  try {
    await navigator.clipboard.writeText(text);
    label.textContent = "Copied";
  } catch {
    label.textContent = "Press Ctrl+C";
    getSelection().selectAllChildren(document.querySelector(copy || "h1"));
  }
  document.querySelector("[data-announce]").textContent = label.textContent;
  setTimeout(() => (label.textContent = before), 1600);
});
