// Applies the product's theme cookie before the admin's first paint. Must be a plain script in
// <head>: a module would run after the paint.
(() => {
  const theme = /(?:^|; )theme=(light|dark)/.exec(document.cookie);
  if (theme) document.documentElement.dataset.theme = theme[1];
  // Who comes to the admin first has named no zone: the page, in UTC, comes again in theirs.
  const hasZone = () => /(?:^|; )zone=/.test(document.cookie);
  const isFirst = !hasZone();
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
  document.cookie = `zone=${timeZone};path=${document.currentScript.dataset.base};max-age=31536000;samesite=lax`;
  if (isFirst && hasZone()) location.reload();
})();
