// Says whether the page is live: "Live", "Reconnecting in 4 s", or why it ended. Aloud
// it says each change once: a screen reader would read every second of the countdown.
const sign = document.querySelector("[data-live-status]");
// Websocket close code -> the word, and what it means.
const ENDS = {
  4003: ["Logged out: reload", "The login has ended, or may not read this any more."],
  4004: ["Gone: reload", "What this page shows is not there any more."],
};
let timer = 0;
let said = "live"; // how a page begins is no news
let lostAt = "";

function show(word, mood) {
  sign.className = mood ? `live ${mood}` : "live";
  if (sign.lastElementChild.textContent !== word) sign.lastElementChild.textContent = word;
}

function announce(state, sentence) {
  if (state !== said) document.querySelector("[data-announce]").textContent = sentence;
  said = state;
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
    announce("live", "Live again");
    return;
  }
  if (said === "live") lostAt = new Date().toLocaleTimeString(); // not at each try
  const lastState = `The last state is of ${lostAt}`;
  if (detail.state === "ended") {
    const [word, reason] = ENDS[detail.code];
    show(word, "is-lost");
    sign.title = `${reason} ${lastState}`;
    announce("ended", reason);
    return;
  }
  sign.title = lastState;
  announce("lost", "The connection is lost; this page tries again by itself.");
  countDown(detail.retryAt);
  timer = setInterval(countDown, 250, detail.retryAt);
});
