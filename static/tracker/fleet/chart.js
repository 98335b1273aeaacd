// Draws the fleet's charts from figures the server built, in the page's theme. Each chart
// can be saved as a PNG. The period is chosen by links, without this file.
const plots = document.querySelectorAll("[data-fleet-plot]");
const source = document.querySelector("[data-figure-url]");

function theme() {
  const set = document.documentElement.dataset.theme;
  return set ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
}

async function draw() {
  const url = new URL(source.dataset.figureUrl, location.href);
  url.searchParams.set("theme", theme());
  const answer = await fetch(url).catch(() => null);
  if (answer?.redirected) return location.reload(); // the login has expired: reloading leads to the login page
  if (!answer?.ok) return;
  const figures = await answer.json();
  for (const plot of plots) {
    const figure = figures[plot.dataset.fleetPlot];
    if (plot.clientWidth < 560) {
      figure.layout.xaxis.nticks = 4;
      figure.layout.margin.r = 88;
    }
    if (!plot.data) plot.replaceChildren();
    await window.Plotly.react(plot, figure.data, figure.layout, { displayModeBar: false, responsive: true });
  }
}

function save({ currentTarget }) {
  const name = currentTarget.dataset.fleetPng;
  const plot = document.querySelector(`[data-fleet-plot="${name}"]`);
  window.Plotly.downloadImage(plot, { format: "png", scale: 2, width: 900, height: 420, filename: `fleet-${name}` });
}

if (source) {
  draw();
  document.addEventListener("theme-changed", draw);
  for (const button of document.querySelectorAll("[data-fleet-png]")) button.addEventListener("click", save);
}
