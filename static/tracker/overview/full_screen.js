// [data-full-screen] shows the page without the browser around it; Esc leaves.
const button = document.querySelector("[data-full-screen]");
button.hidden = !document.fullscreenEnabled;
button.addEventListener("click", () => document.documentElement.requestFullscreen());
