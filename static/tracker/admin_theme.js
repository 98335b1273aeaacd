// Applies the product's theme cookie before the admin's first paint. Must be a plain script in
// <head>: a module would run after the paint.
(() => {
  const theme = /(?:^|; )theme=(light|dark)/.exec(document.cookie);
  if (theme) document.documentElement.dataset.theme = theme[1];
})();
