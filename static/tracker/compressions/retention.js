// Draws the chart of what compressions keep, in the page's theme.
const plot = document.getElementById("retention-chart");
let isDrawn = false;

function theme() {
  const set = document.documentElement.dataset.theme;
  return set ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
}

async function draw() {
  const url = new URL(plot.dataset.figureUrl, location.href);
  url.searchParams.set("theme", theme());
  const answer = await fetch(url).catch(() => null);
  if (answer?.redirected) return location.reload(); // the login has expired: reloading leads to the login page
  if (!answer?.ok) return;
  const figure = await answer.json();
  if (plot.clientWidth < 560) {
    figure.layout.margin.r = 100;
    figure.layout.xaxis.nticks = 4;
    for (const name of figure.layout.annotations) name.font.size = 10;
  }
  if (!isDrawn) plot.replaceChildren();
  isDrawn = true;
  await window.Plotly.react(plot, figure.data, figure.layout, { displayModeBar: false, responsive: true });
}

if (plot) {
  draw();
  document.addEventListener("theme-changed", draw);
}
