// A reference to a message opens the fold it lies in, then goes there and marks it.
function foldOf(number) {
  return [...document.querySelectorAll("details.fold-run")].find(
    ({ dataset }) => Number(dataset.from) <= number && number <= Number(dataset.to),
  );
}

function show(number) {
  const message = document.getElementById(`before-${number}`);
  if (!message) return false;
  for (const other of document.querySelectorAll(".msg.is-linked")) other.classList.remove("is-linked");
  message.classList.add("is-linked");
  message.scrollIntoView({ block: "center" });
  return true;
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-message]");
  if (!link) return;
  const number = Number(link.dataset.message);
  event.preventDefault();
  if (show(number)) return;
  const fold = foldOf(number);
  if (!fold) return;
  fold.addEventListener("htmx:afterSettle", () => show(number), { once: true });
  fold.open = true;
});
