/** Languages that prompts are made in, and what they are called. */

/** Offered first; a prompt may have others. */
export const OFFERED = [
  'en',
  'zh-Hans',
  'zh-Hant',
  'yue',
  'ja',
  'ko',
  'es',
  'fr',
  'de',
  'pt',
  'it',
  'ru',
  'ar',
  'hi',
  'vi',
  'th',
  'id',
  'ms',
] as const;

/** A language in the reader's words. */
export function languageName(tag: string, reader: string): string {
  try {
    return new Intl.DisplayNames([reader], { type: 'language' }).of(tag) ?? tag;
  } catch {
    return tag;
  }
}
