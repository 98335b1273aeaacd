// Ctrl-K: one field that finds pages, actions and sessions. Arrows move, Enter opens.
const dialog = document.getElementById("palette");
const field = dialog?.querySelector("input");
const list = dialog?.querySelector("[data-palette-list]");
let asked = 0;
let timer = 0;

// Pages are those of the menu; an action is a button of this page.
function fixed() {
  const pages = [...document.querySelectorAll(".nav a")].map((link) => ({ name: link.firstChild.textContent.trim(), where: "Page", go: () => location.assign(link.href) }));
  const actions = [
    ["Change the theme", "[data-theme-toggle]"],
    ["Keyboard shortcuts", "[data-shortcuts-open]"],
    ["Pause the stream", "[data-stream-pause]"],
    ["Copy the link of this page", "[data-copy='']"],
  ];
  const here = actions.filter(([, at]) => document.querySelector(at));
  return [...pages, ...here.map(([name, at]) => ({ name, where: "Action", go: () => document.querySelector(at).click() }))];
}

function draw(found) {
  list.replaceChildren(
    ...found.map((each, place) => {
      const item = document.createElement("li");
      const button = document.createElement("button");
      const name = document.createElement("bdi");
      const where = document.createElement("span");
      button.type = "button";
      button.id = `palette-${place}`;
      button.setAttribute("role", "option");
      name.textContent = each.name;
      where.textContent = each.where;
      where.className = "faint small";
      button.append(name, where);
      button.addEventListener("click", () => (dialog.close(), each.go()));
      item.setAttribute("role", "presentation");
      item.append(button);
      return item;
    }),
  );
  mark(0);
}

function options() {
  return [...list.querySelectorAll("button")];
}

function mark(place) {
  options().forEach((button, n) => button.setAttribute("aria-selected", n === place));
  const here = options()[place];
  if (here) here.scrollIntoView({ block: "nearest" });
  field.setAttribute("aria-activedescendant", here ? here.id : "");
}

async function search() {
  const text = field.value.trim().toLowerCase();
  const fit = fixed().filter(({ name }) => name.toLowerCase().includes(text));
  const number = ++asked;
  draw(fit);
  if (!text) return;
  const answer = await fetch(`${dialog.dataset.find}?q=${encodeURIComponent(text)}`);
  if (!answer.ok || number !== asked) return; // a later letter was typed meanwhile
  const { sessions } = await answer.json();
  draw([...fit, ...sessions.map(({ name, where, url }) => ({ name, where, go: () => location.assign(url) }))]);
}

function open() {
  field.value = "";
  dialog.showModal();
  search();
}

if (dialog) {
  document.addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey) || event.altKey) return;
    event.preventDefault();
    if (dialog.open) dialog.close();
    else open();
  });
  document.querySelector("[data-palette-open]")?.addEventListener("click", open);
  field.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(search, 120);
  });
  field.addEventListener("keydown", (event) => {
    const all = options();
    const here = all.findIndex((button) => button.getAttribute("aria-selected") === "true");
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && all.length) mark((here + step + all.length) % all.length);
    else if (event.key === "Enter") all[here]?.click();
    else return;
    event.preventDefault();
  });
}
