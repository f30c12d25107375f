/** The languages of the product and which one a reader gets. */
export const LANGUAGES = [
  { code: 'en', name: 'English' },
  { code: 'zh-Hans', name: '简体中文' },
  { code: 'zh-Hant', name: '繁體中文' },
] as const;

export type Language = (typeof LANGUAGES)[number]['code'];

/** Where a browser keeps the chosen language. */
export const LANGUAGE_STORE = 'patchbay.language';

/** The product's language for a browser's tag: zh-TW and zh-HK read traditional characters. */
export function languageFor(tag: string): Language | null {
  const low = tag.toLowerCase();
  if (low.startsWith('zh')) return /hant|tw|hk|mo/.test(low) ? 'zh-Hant' : 'zh-Hans';
  return low.startsWith('en') ? 'en' : null;
}

/** The chosen language, else the first of the browser's list we speak, else English. */
export function initialLanguage(stored: string | null, wanted: readonly string[]): Language {
  const chosen = LANGUAGES.find((one) => one.code === stored);
  if (chosen) return chosen.code;
  for (const tag of wanted) {
    const found = languageFor(tag);
    if (found) return found;
  }
  return 'en';
}

export function storedLanguage(): string | null {
  try {
    return localStorage.getItem(LANGUAGE_STORE);
  } catch {
    return null;
  }
}

export function storeLanguage(language: Language): void {
  try {
    localStorage.setItem(LANGUAGE_STORE, language);
  } catch {
    // Private windows may refuse; the choice then lasts as long as the page.
  }
}
