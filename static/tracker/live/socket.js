// Turns websocket messages into DOM events on document. It reconnects by itself and misses
// nothing: it asks for everything after the highest `seq` seen of each project. A socket that is
// silent is asked for a sign of life; one that gives none is replaced.
const { liveUrl, liveProject, liveActive, liveAfter, livePing } = document.body.dataset;
const NAMES = {
  budget: "budget-updated",
  event: "threshold-event",
  compression: "compression-recorded",
  counts: "counts-updated",
};
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 30_000;
const PING_MS = Number(livePing) * 1000; // after so long a silence
const ANSWER_MS = PING_MS / 2;
const FOCUS_ANSWER_MS = Math.min(2_000, ANSWER_MS); // somebody is looking: be quick
const GREETING_MS = 20_000; // a connection may hang while it opens, too
// Close codes: no access (any more), not found (any more).
const ENDED = new Set([4003, 4004]);

const seen = new Map();
for (const pair of (liveAfter || "").split(",").filter(Boolean)) {
  const [slug, seq] = pair.split(":");
  seen.set(slug, Number(seq));
}
let wait = FIRST_WAIT_MS;
let retry = 0;
let socket = null;
let watch = 0;

function tell(name, detail) {
  document.dispatchEvent(new CustomEvent(name, { detail }));
}

function note(slug, seq) {
  if (slug && seq > (seen.get(slug) ?? 0)) seen.set(slug, seq);
}

function take(message) {
  if (message.type === "batch") return message.messages.forEach(take);
  if (message.type === "snapshot") return greet(message);
  // A gauge may arrive before the events and compressions of its own commit, so only those
  // two advance what counts as seen.
  if (message.type === "event" || message.type === "compression") note(message.project, message.seq);
  if (NAMES[message.type]) tell(NAMES[message.type], message);
}

function greet(snapshot) {
  // Not in "open": the server also opens sockets without access, to tell them why it closes.
  wait = FIRST_WAIT_MS;
  tell("live-status", { state: "live" });
  // Without a gap the missed messages follow, each with its own `seq`.
  if (snapshot.gap) for (const [slug, seq] of Object.entries(snapshot.seqs)) note(slug, seq);
  if (snapshot.counts) tell("counts-updated", snapshot);
  for (const budget of snapshot.budgets ?? []) tell("budget-updated", budget);
  if (snapshot.gap) tell("live-gap", snapshot);
}

function connect() {
  clearTimeout(retry);
  const url = new URL(liveUrl, location.href);
  url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
  if (liveProject) url.searchParams.set("project", liveProject);
  url.searchParams.set("active", liveActive);
  url.searchParams.set("after", [...seen].map(([s, n]) => `${s}:${n}`).join(","));
  socket = new WebSocket(url);
  socket.addEventListener("message", hear);
  socket.addEventListener("close", comeBack);
  expect(abandon, GREETING_MS);
}

function expect(otherwise, ms) {
  clearTimeout(watch);
  watch = setTimeout(otherwise, ms);
}

function hear({ data }) {
  expect(ask, PING_MS); // any message is a sign of life
  take(JSON.parse(data));
}

function ask(answerMs = ANSWER_MS) {
  if (socket.readyState !== WebSocket.OPEN) return;
  socket.send("ping"); // the server answers {"type": "pong"}
  expect(abandon, answerMs);
}

// After a laptop's sleep, a changed network or an idle NAT a socket looks open and brings
// nothing. Its own "close" would come after minutes, so it is not waited for.
function abandon() {
  socket.removeEventListener("message", hear);
  socket.removeEventListener("close", comeBack);
  socket.close();
  socket = null; // it would be "closing" for minutes
  comeBack({ code: 1006 });
}

function comeBack({ code }) {
  clearTimeout(watch);
  const isEnded = ENDED.has(code);
  if (isEnded) wait = LONGEST_WAIT_MS; // a login in another tab may still help
  const pause = wait * (0.75 + Math.random() / 2); // spreads the reconnects of many browsers
  wait = Math.min(wait * 2, LONGEST_WAIT_MS);
  const state = isEnded ? "ended" : "lost";
  tell("live-status", { state, code, retryAt: Date.now() + pause });
  retry = setTimeout(connect, pause);
}

function hurry() {
  if (!socket || socket.readyState === WebSocket.CLOSED) connect();
  else ask(FOCUS_ANSWER_MS);
}

if (liveUrl) {
  connect();
  addEventListener("online", hurry);
  addEventListener("focus", hurry);
  document.addEventListener("visibilitychange", () => document.hidden || hurry());
}
