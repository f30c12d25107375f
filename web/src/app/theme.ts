/** Light, dark, or as the system says. `public/theme.js` applies the same choice before the first paint. */
export type Theme = 'light' | 'dark' | 'auto';

const STORE = 'patchbay.theme';

export function currentTheme(): Theme {
  const set = document.documentElement.dataset.theme;
  return set === 'light' || set === 'dark' ? set : 'auto';
}

export function chooseTheme(theme: Theme): void {
  if (theme === 'auto') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  try {
    if (theme === 'auto') localStorage.removeItem(STORE);
    else localStorage.setItem(STORE, theme);
  } catch {
    // Storage may be closed; the choice then lasts as long as the page.
  }
}
