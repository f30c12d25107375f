/** Languages in which flows speak. */

/** Those that are offered; a flow may have others. */
export const OFFERED = [
  'en',
  'zh-Hans',
  'zh-Hant',
  'es',
  'fr',
  'de',
  'pt',
  'it',
  'ja',
  'ko',
  'vi',
  'th',
  'ar',
  'hi',
  'ru',
];

/** A language as the reader calls it. */
export function languageName(tag: string, reader: string): string {
  try {
    return new Intl.DisplayNames([reader], { type: 'language' }).of(tag) ?? tag;
  } catch {
    return tag;
  }
}
