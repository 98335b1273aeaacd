// Theme: system, light, dark. Kept in a cookie, so that the server renders it without a flash.
const button = document.querySelector("[data-theme-toggle]");
const ORDER = ["system", "light", "dark"];

function present() {
  return document.documentElement.dataset.theme ?? "system";
}

function choose(theme) {
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  document.cookie = `theme=${theme};path=${document.body.dataset.base ?? "/"};max-age=31536000;samesite=lax`;
  button.title = `Theme: ${theme}`;
  button.setAttribute("aria-label", button.title);
  document.dispatchEvent(new CustomEvent("theme-changed", { detail: { theme } }));
}

// The admin shows times in this zone.
document.cookie = `zone=${Intl.DateTimeFormat().resolvedOptions().timeZone};path=${document.body.dataset.base ?? "/"};max-age=31536000;samesite=lax`;
button?.addEventListener("click", () => choose(ORDER[(ORDER.indexOf(present()) + 1) % 3]));
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  if (present() === "system") document.dispatchEvent(new CustomEvent("theme-changed", { detail: {} }));
});
