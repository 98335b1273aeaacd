// Links between summary lines and messages. A message inside a fold is fetched first;
// then both ends of the link are marked. Without JavaScript each link loads its own page.
function mark(...elements) {
  for (const old of document.querySelectorAll(".is-linked")) old.classList.remove("is-linked");
  for (const element of elements) element?.classList.add("is-linked");
}

function show(target, from) {
  target.closest("details")?.setAttribute("open", "");
  mark(target, from);
  history.replaceState(null, "", `#${target.id}`);
  target.scrollIntoView({ block: "center" });
  target.querySelector("[data-row-link]")?.focus({ preventScroll: true });
}

function foldOf(number) {
  return [...document.querySelectorAll("[data-fold]")].find(
    ({ dataset }) => Number(dataset.first) <= number && number <= Number(dataset.last),
  );
}

async function open(number) {
  const fold = foldOf(number);
  if (!fold) return null;
  const url = new URL(fold.href);
  url.searchParams.set("at", number);
  await window.htmx.ajax("GET", url.pathname + url.search, { target: fold, swap: "outerHTML" });
  return document.getElementById(`m${number}`);
}

document.addEventListener("click", async (event) => {
  const link = event.target.closest("[data-message], [data-line]");
  if (!link || event.ctrlKey || event.metaKey) return;
  const from = link.closest("li, .msg, .fact");
  if ("line" in link.dataset) {
    event.preventDefault();
    const line = document.querySelector(link.hash);
    if (line) show(line, from);
    return;
  }
  event.preventDefault();
  const { message } = link.dataset;
  const target = document.getElementById(`m${message}`) ?? (await open(Number(message)));
  if (target) show(target, from);
  else location.assign(link.href);
});
