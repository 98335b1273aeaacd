// Keeps "4 s" true, and turns moments given in UTC into the reader's own zone.
const STYLES = {
  full: { dateStyle: "medium", timeStyle: "medium" },
  day: { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" },
  time: { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" },
};
const WITH_YEAR = new Intl.DateTimeFormat(undefined, { ...STYLES.day, year: "numeric" });
const UNITS = [[86400, "d"], [3600, "h"], [60, "min"], [2, "s"]];
const exact = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "long" });
const formats = Object.fromEntries(
  Object.entries(STYLES).map(([name, style]) => [name, new Intl.DateTimeFormat(undefined, style)]),
);

function passed(at) {
  const seconds = Math.floor((Date.now() - at) / 1000);
  for (const [size, unit] of UNITS) {
    if (seconds >= size) return `${Math.floor(unit === "s" ? seconds : seconds / size)}\u00a0${unit}`;
  }
  return "now";
}

function tick() {
  for (const time of document.querySelectorAll("time[data-relative]")) {
    const at = new Date(time.dateTime);
    const text = passed(at);
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
