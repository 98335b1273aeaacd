// Counts down to the moment at which the provider's prompt cache forgets the session.
const place = document.querySelector("[data-cache-expires]");
const head = document.querySelector("[data-session]");

function show() {
  const left = Math.round((Date.parse(place.dataset.cacheExpires) - Date.now()) / 1000);
  if (left <= 0) {
    place.textContent = "Expired";
    return;
  }
  const seconds = String(left % 60).padStart(2, "0");
  place.textContent = `Expires in ${Math.floor(left / 60)}:${seconds}`;
}

if (place && head) {
  // A request renews the cache.
  document.addEventListener("budget-updated", ({ detail }) => {
    if (String(detail.pk) !== head.dataset.session || (detail.lane || "main") !== "main") return;
    const at = Date.parse(detail.last_at) + 1000 * Number(place.dataset.cacheLifetime);
    place.dataset.cacheExpires = new Date(at).toISOString();
    show();
  });
  setInterval(show, 1000);
  show();
}
