// Says whether the page is live: "Live", "Reconnecting in 4 s", or why it ended.
const sign = document.querySelector("[data-live-status]");
// Websocket close code -> the word, and what it means.
const ENDS = {
  4003: ["Logged out: reload", "The login has ended, or may not read this any more."],
  4004: ["Gone: reload", "What this page shows is not there any more."],
};
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
  const lastState = `The last state is of ${new Date().toLocaleTimeString()}`;
  if (detail.state === "ended") {
    const [word, reason] = ENDS[detail.code];
    show(word, "is-lost");
    sign.title = `${reason} ${lastState}`;
    return;
  }
  sign.title = lastState;
  countDown(detail.retryAt);
  timer = setInterval(countDown, 250, detail.retryAt);
});
