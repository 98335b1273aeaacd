// "compression-recorded" adds a before/after card to the session's page immediately.
const number = new Intl.NumberFormat("en-US");
const time = new Intl.DateTimeFormat(undefined, { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });

function fill(card, cut) {
  card.dataset.key = cut.id;
  const link = card.querySelector("[data-link]");
  link.href = `${document.body.dataset.base}compressions/${cut.id}/`;
  link.textContent = time.format(new Date(cut.at));
  card.querySelector("[data-before]").textContent = number.format(cut.before_tokens);
  card.querySelector("[data-after]").textContent = number.format(cut.after_tokens);
  card.querySelector("[data-by]").textContent = cut.told_by;
  card.querySelector("[data-ratio]").textContent =
    cut.saved_ratio < 0 ? "larger" : `−${(cut.saved_ratio * 100).toFixed(1)}\u00a0%`;
  card.querySelector("[data-summary]").textContent = cut.summary ?? "";
}

document.addEventListener("compression-recorded", ({ detail }) => {
  const list = document.querySelector("[data-compression-cards]");
  const page = document.getElementById("budget-now");
  if (!list || String(detail.pk) !== page.dataset.session) return;
  const known = list.querySelector(`[data-key="${Number(detail.id)}"]`);
  if (known) return fill(known, detail); // another way has told more of it
  const card = list.querySelector("template").content.firstElementChild.cloneNode(true);
  fill(card, detail);
  list.prepend(card);
});
