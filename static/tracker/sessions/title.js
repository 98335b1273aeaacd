// "budget-updated" puts this session's percentage into the tab's title and its gauge into the icon.
const page = document.querySelector("#budget-now");
const icon = document.querySelector("[data-favicon]");

document.addEventListener("budget-updated", ({ detail }) => {
  const { pk, lane, budget } = detail;
  if (String(pk) !== page?.dataset.session || (lane || "main") !== "main") return;
  document.title = document.title.replace(/^[^·]*·/, `${budget.used_percent} ·`);
  const used = Math.min(100, Math.floor(Math.max(0, budget.used_ratio) * 20) * 5);
  const href = `${icon.dataset.favicon}?used=${used}&level=${budget.level}`;
  if (icon.getAttribute("href") !== href) icon.setAttribute("href", href);
});
