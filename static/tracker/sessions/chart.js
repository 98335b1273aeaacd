// Draws the history chart from the figure the server built, in the page's theme. Range,
// axis and zoom are kept in the address. The readout above the chart shows the hovered
// turn. fresh_fragments.js sends "refresh" when the chart must be drawn again.
const plot = document.getElementById("session-chart");
const number = new Intl.NumberFormat("en-US");
const PARTS = ["system", "tools", "user_context", "history", "unattributed"];
const hidden = new Set(); // parts that a click on the legend took away
let asMade; // the figure before it was fitted to a narrow page, for the PNG
let isDrawn = false;
let newest = 0;

function theme() {
  const set = document.documentElement.dataset.theme;
  return set ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
}

async function draw() {
  const mine = ++newest; // when two requests overlap, only the later one is drawn
  plot.setAttribute("aria-busy", "true");
  const answer = await fetch(figureUrl()).catch(() => null);
  if (answer?.redirected) return location.reload(); // the login has expired: reloading leads to the login page
  if (mine !== newest) return;
  plot.removeAttribute("aria-busy");
  tellAnswered(answer);
  if (answer?.ok) await show(await answer.json());
}

function tellAnswered(answer) {
  const read = (name) => Number.parseInt(answer?.headers.get(name), 10);
  const detail = { status: answer?.status ?? 0, pause: read("X-Fragment-Pause"), age: read("X-Fragment-Age") };
  plot.dispatchEvent(new CustomEvent("refresh-answered", { bubbles: true, detail }));
}

function figureUrl() {
  const url = new URL(plot.dataset.figureUrl, location.href);
  const page = new URLSearchParams(location.search);
  for (const name of ["axis", "last", "lane"]) if (page.get(name)) url.searchParams.set(name, page.get(name));
  url.searchParams.set("theme", theme());
  return url;
}

// plotly has no time zones. Times are UTC in the figure and the address, and are shifted
// to the reader's time zone for drawing. Turn numbers are left alone.
const ISO = /^\d{4}-\d\d-\d\dT/;

function asShown(x) {
  const at = ISO.test(x) ? new Date(x) : NaN;
  return isNaN(at) ? x : new Date(at - at.getTimezoneOffset() * 60_000).toISOString().slice(0, -1);
}

function asKept(x) {
  return plot.layout.xaxis.type === "date" ? new Date(x).toISOString() : x;
}

function toReadersZone({ data, layout }) {
  for (const trace of data) trace.x = trace.x.map(asShown);
  for (const shape of layout.shapes) [shape.x0, shape.x1] = [shape.x0, shape.x1].map(asShown);
  for (const name of layout.annotations) name.x = asShown(name.x);
}

async function show({ figure, sample_count: count, is_thinned: isThinned }) {
  const page = new URLSearchParams(location.search);
  if (page.get("from")) figure.layout.xaxis.range = [page.get("from"), page.get("to")].map(asShown);
  toReadersZone(figure);
  for (const trace of figure.data) if (hidden.has(trace.name)) trace.visible = false;
  asMade = { annotations: figure.layout.annotations, margin: { ...figure.layout.margin } };
  if (plot.clientWidth < 560) figure.layout.margin.r = 40;
  if (plot.clientWidth < 560) figure.layout.annotations = [];
  if (!isDrawn) plot.replaceChildren();
  await window.Plotly.react(plot, figure.data, figure.layout, { displayModeBar: false, responsive: true });
  note(isThinned ? `Drawn from ${number.format(count)} samples, thinned to 2,000 points; peaks are kept.` : "");
  if (!isDrawn) listen();
  isDrawn = true;
  read(null);
}

function listen() {
  plot.on("plotly_hover", ({ points }) => read(points[0]));
  plot.on("plotly_unhover", () => read(null));
  plot.on("plotly_relayout", (change) => {
    const [from, to] = [change["xaxis.range[0]"], change["xaxis.range[1]"]];
    if (from !== undefined) keep({ from: asKept(from), to: asKept(to) });
    else if (change["xaxis.autorange"]) keep({ from: "", to: "" });
  });
}

function read(point) {
  const data = plot.data.slice(0, PARTS.length);
  const index = point?.pointIndex ?? data[0].x.length - 1;
  const values = data.map((trace) => trace.y[index] ?? 0);
  const turn = data[0].customdata[index];
  write("turn", turn === null ? "No report" : `Turn ${number.format(turn ?? 0)}`);
  PARTS.forEach((name, i) => write(name, number.format(values[i])));
  write("used", number.format(values.reduce((sum, value) => sum + value, 0)));
}

function write(name, text) {
  document.querySelector(`[data-readout="${name}"]`).textContent = text;
}

function note(text) {
  const slot = document.querySelector("[data-chart-note]");
  slot.textContent = text;
  slot.hidden = !text;
}

function keep(changes) {
  const url = new URL(location.href);
  for (const [name, value] of Object.entries(changes)) {
    if (value === "") url.searchParams.delete(name);
    else url.searchParams.set(name, value);
  }
  history.replaceState(null, "", url);
}

function zoom({ currentTarget }) {
  const { type, range } = plot.layout.xaxis;
  const isDate = type === "date";
  const [from, to] = range.map((x) => (isDate ? +new Date(x) : Number(x)));
  const half = ((to - from) / 2) * Number(currentTarget.dataset.chartZoom);
  const ends = [(from + to) / 2 - half, (from + to) / 2 + half].map((x) => (isDate ? asShown(new Date(x).toISOString()) : x));
  window.Plotly.relayout(plot, { "xaxis.range[0]": ends[0], "xaxis.range[1]": ends[1] });
}

function toggle({ currentTarget }) {
  const name = currentTarget.dataset.chartPart;
  const isShown = !hidden.delete(name);
  if (isShown) hidden.add(name);
  currentTarget.setAttribute("aria-pressed", String(!isShown));
  const index = plot.data.findIndex((trace) => trace.name === name);
  window.Plotly.restyle(plot, { visible: !isShown }, [index]);
}

// With a title and a legend, which the page shows beside the chart.
function save({ currentTarget }) {
  const { chartPng, title } = currentTarget.dataset;
  const data = plot.data.map((trace) => ({ ...trace, name: trace.meta ?? trace.name, showlegend: Boolean(trace.meta) }));
  const margin = { ...asMade.margin, t: 64 };
  const text = title.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  const legend = { orientation: "h", x: 0, y: 1.02, yanchor: "bottom" };
  const layout = { ...plot.layout, annotations: asMade.annotations, margin, showlegend: true, legend, title: { text, x: 0.01, y: 0.97 } };
  window.Plotly.downloadImage({ data, layout }, { format: "png", scale: 2, width: 1312, height: 480, filename: `session-${chartPng}` });
}

function choose(event) {
  event.preventDefault();
  const link = event.currentTarget;
  const [name, value] = link.dataset.chartLink.split("=");
  keep({ [name]: value, from: "", to: "" });
  for (const other of link.parentElement.children) other.removeAttribute("aria-current");
  link.setAttribute("aria-current", "true");
  draw();
}

if (plot) {
  draw();
  document.addEventListener("theme-changed", draw);
  for (const link of document.querySelectorAll("[data-chart-link]")) link.addEventListener("click", choose);
  plot.addEventListener("refresh", draw);
  document.querySelector("[data-chart-png]").addEventListener("click", save);
  for (const button of document.querySelectorAll("[data-chart-zoom]")) button.addEventListener("click", zoom);
  for (const button of document.querySelectorAll("[data-chart-part]")) button.addEventListener("click", toggle);
  document.querySelector("[data-chart-reset]").addEventListener("click", () => window.Plotly.relayout(plot, { "xaxis.autorange": true }));
}
