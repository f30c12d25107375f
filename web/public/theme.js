// Before the first paint: a chosen theme and language are put on <html>, so that nothing flashes.
(() => {
  try {
    const theme = localStorage.getItem('patchbay.theme');
    if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
    const language = localStorage.getItem('patchbay.language');
    if (language) document.documentElement.lang = language;
  } catch {
    // Storage may be closed; the system's theme stands.
  }
})();
