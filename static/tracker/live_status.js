// Says whether the page is live: "Live", or "Reconnecting in 4 s".
const sign = document.querySelector("[data-live-status]");
let timer = 0;

function show(word, mood) {
  sign.className = mood ? `live ${mood}` : "live";
  if (sign.lastElementChild.textContent !== word) sign.lastElementChild.textContent = word;
}

function countDown(retryAt) {
  const seconds = Math.ceil((retryAt - Date.now()) / 1000);
  show(seconds > 0 ? `Reconnecting in ${seconds} s` : "Reconnecting", "is-lost");
}

document.addEventListener("live-status", ({ detail }) => {
  clearInterval(timer);
  if (detail.state === "live") {
    show("Live", "");
    sign.title = "This page moves as reports arrive";
    return;
  }
  sign.title = `The last state is of ${new Date().toLocaleTimeString()}`;
  countDown(detail.retryAt);
  timer = setInterval(countDown, 250, detail.retryAt);
});
