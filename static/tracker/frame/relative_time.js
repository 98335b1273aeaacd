// Keeps "4 s" and "4 seconds ago" up to date, and shows UTC times in the reader's time zone.
const STYLES = {
  full: { dateStyle: "medium", timeStyle: "medium" },
  day: { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" },
  date: { year: "numeric", month: "short", day: "numeric" },
  time: { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" },
};
const WITH_YEAR = new Intl.DateTimeFormat(undefined, { ...STYLES.day, year: "numeric" });
const UNITS = [[86400, "d", "day"], [3600, "h", "hour"], [60, "min", "minute"], [2, "s", "second"]];
const exact = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "long" });
const formats = Object.fromEntries(
  Object.entries(STYLES).map(([name, style]) => [name, new Intl.DateTimeFormat(undefined, style)]),
);

// As ago_text and long_ago_text in budget_text.py.
function passed(at, style) {
  const seconds = Math.floor((Date.now() - at) / 1000);
  for (const [size, unit, word] of UNITS) {
    if (seconds < size) continue;
    const count = Math.floor(unit === "s" ? seconds : seconds / size);
    return style === "long" ? `${count}\u00a0${word}${count === 1 ? "" : "s"} ago` : `${count}\u00a0${unit}`;
  }
  return style === "long" ? "just now" : "now";
}

function tick() {
  for (const time of document.querySelectorAll("time[data-relative]")) {
    const at = new Date(time.dateTime);
    const text = passed(at, time.dataset.relative);
    if (time.textContent !== text) time.textContent = text;
    if (time.dataset.for !== time.dateTime) {
      time.dataset.for = time.dateTime;
      time.title = exact.format(at);
    }
  }
  for (const time of document.querySelectorAll("time[data-moment]:not([data-for])")) {
    const at = new Date(time.dateTime);
    time.dataset.for = time.dateTime;
    const isOfPastYear = time.dataset.moment === "day" && at.getFullYear() !== new Date().getFullYear();
    time.textContent = (isOfPastYear ? WITH_YEAR : formats[time.dataset.moment]).format(at);
    time.title = exact.format(at);
  }
}

tick();
setInterval(() => document.hidden || tick(), 1000);
document.addEventListener("times-changed", tick);
document.addEventListener("htmx:load", tick);
