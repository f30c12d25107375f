/** Texts: one lazy JSON file per language and page group. */
import i18next, { type BackendModule } from 'i18next';
import { initReactI18next } from 'react-i18next';
import { initialLanguage, LANGUAGE_STORE, LANGUAGES, type Language, storedLanguage, storeLanguage } from './languages';

const files = import.meta.glob<Record<string, unknown>>('../locales/*/*.json', { import: 'default' });

const backend: BackendModule = {
  type: 'backend',
  init: () => undefined,
  read: (language, namespace, done) => {
    const load = files[`../locales/${language}/${namespace}.json`];
    if (!load) return done(new Error(`no texts ${language}/${namespace}`), null);
    load().then(
      (texts) => done(null, texts),
      (why: Error) => done(why, null),
    );
  },
};

export async function startTexts(): Promise<void> {
  const language = initialLanguage(storedLanguage(), navigator.languages);
  await i18next
    .use(backend)
    .use(initReactI18next)
    .init({
      lng: language,
      fallbackLng: 'en',
      supportedLngs: LANGUAGES.map((one) => one.code),
      // zh-Hans must not fall back to "zh".
      load: 'currentOnly',
      ns: ['common', 'problems'],
      defaultNS: 'common',
      interpolation: { escapeValue: false },
      react: { useSuspense: true },
    });
  document.documentElement.lang = language;
  // Tabs keep step: a language chosen in one is the language of all.
  addEventListener('storage', ({ key, newValue }) => {
    const chosen = LANGUAGES.find((one) => key === LANGUAGE_STORE && one.code === newValue);
    if (chosen && chosen.code !== i18next.language) void speak(chosen.code);
  });
}

async function speak(language: Language): Promise<void> {
  await i18next.changeLanguage(language);
  document.documentElement.lang = language;
}

export async function chooseLanguage(language: Language): Promise<void> {
  storeLanguage(language);
  await speak(language);
}
