// The product's theme cookie, before the admin's first paint: a plain script in <head>.
(() => {
  const theme = /(?:^|; )theme=(light|dark)/.exec(document.cookie);
  if (theme) document.documentElement.dataset.theme = theme[1];
})();
