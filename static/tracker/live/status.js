// Shows whether the page is live: "Live", "Reconnecting in 4 s", or why it ended. Screen
// readers are told each change once; else they would read every second of the countdown.
const sign = document.querySelector("[data-live-status]");
// Websocket close code -> the word, and what it means.
const ENDS = {
  4003: ["Logged out: reload", "Your login has expired, or you no longer have access."],
  4004: ["Deleted: reload", "What this page shows no longer exists."],
};
let timer = 0;
let said = "live"; // the first connection is not announced
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
    sign.title = "This page updates as reports arrive";
    announce("live", "Live again");
    return;
  }
  if (said === "live") lostAt = new Date().toLocaleTimeString(); // not at every attempt
  const lastState = `Last updated at ${lostAt}`;
  if (detail.state === "ended") {
    const [word, reason] = ENDS[detail.code];
    show(word, "is-lost");
    sign.title = `${reason} ${lastState}`;
    announce("ended", reason);
    return;
  }
  sign.title = lastState;
  announce("lost", "Connection lost. Reconnecting automatically.");
  countDown(detail.retryAt);
  timer = setInterval(countDown, 250, detail.retryAt);
});
