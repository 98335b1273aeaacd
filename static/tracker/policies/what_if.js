// The policy's form: changed fields, discard, units, period. The server computes the trial.
const form = document.querySelector("[data-policy]");
const bar = document.querySelector("[data-savebar]");
const ask = () => document.body.dispatchEvent(new CustomEvent("policy-try"));
const controls = () => [...form.querySelectorAll("[data-saved]")];
const isChanged = (control) => control.value.trim() !== control.dataset.saved;

function mark() {
  const changed = controls().filter(isChanged);
  for (const row of form.querySelectorAll("[data-row]")) {
    const own = changed.filter((control) => row.contains(control));
    const was = row.querySelector("[data-was]");
    row.classList.toggle("changed", own.length > 0);
    if (!was) continue;
    was.hidden = !own.length;
    was.querySelector("s").textContent = own.map((c) => c.dataset.saved || "empty").join(", ");
  }
  bar.hidden = !changed.length;
  bar.querySelector("[data-change-count]").textContent = `${changed.length} unsaved change${changed.length === 1 ? "" : "s"}:`;
  for (const unit of form.querySelectorAll("[data-unit]")) {
    unit.classList.toggle("is-used", Boolean(unit.querySelector("[data-saved]").value));
  }
}

function chooseUnit(unit) {
  form.dataset.unit = unit;
  for (const button of form.querySelectorAll("[data-unit-choice]")) {
    button.setAttribute("aria-pressed", String(button.dataset.unitChoice === unit));
  }
}

// A threshold is a percentage or a number of tokens: entering one clears the other.
form.addEventListener("input", (event) => {
  const unit = event.target.closest("[data-unit]:not(form)");
  if (unit && event.target.value) {
    for (const other of unit.parentElement.querySelectorAll("[data-unit]")) {
      if (other !== unit) other.querySelector("[data-saved]").value = "";
    }
  }
  mark();
});
form.addEventListener("click", (event) => {
  const choice = event.target.closest("[data-unit-choice]");
  if (choice) chooseUnit(choice.dataset.unitChoice);
});
document.querySelector("[data-discard]").addEventListener("click", () => {
  for (const control of controls()) control.value = control.dataset.saved;
  mark();
  ask();
});
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-period]");
  if (!button) return;
  form.elements.period.value = button.dataset.period;
  history.replaceState(null, "", `?period=${button.dataset.period}`);
  ask();
});
addEventListener("beforeunload", (event) => {
  if (!bar.hidden && !form.dataset.saving) event.preventDefault();
});
form.addEventListener("submit", () => { form.dataset.saving = "yes"; });
chooseUnit("percent");
mark();
