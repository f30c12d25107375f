/** What a form of this group checks before it asks the server; the server checks again. */

export const PASSWORD_MIN = 10;
export const PASSWORD_MAX = 128;

export type RuleState = { key: 'length' | 'not_yours' | 'not_plain'; met: boolean };

/** Long, not made of one's own name or address, not a run of one character or a plain count. No other rules. */
export function passwordRules(password: string, about: readonly string[]): RuleState[] {
  const low = password.toLowerCase();
  const own = about
    .flatMap((text) => text.toLowerCase().split(/[@\s.]+/))
    .filter((word) => word.length >= 4)
    .some((word) => low.includes(word));
  return [
    { key: 'length', met: [...password].length >= PASSWORD_MIN && password.length <= PASSWORD_MAX },
    { key: 'not_yours', met: password !== '' && !own },
    { key: 'not_plain', met: new Set(low).size >= 5 && !'01234567890123456789'.includes(low) },
  ];
}

export const passwordGood = (password: string, about: readonly string[]): boolean =>
  passwordRules(password, about).every((rule) => rule.met);

/** One at sign with something on both sides and a dot after it; only a letter sent there proves more. */
export function emailLooksRight(text: string): boolean {
  return /^[^\s@]+@[^\s@]+\.[^\s@.]{2,}$/.test(text.trim());
}

/** Where to go after signing in: only a path of our own, never another site. */
export function safePath(path: string | undefined): string {
  return path?.startsWith('/') && !path.startsWith('//') && !path.includes('\\') ? path : '/';
}

/** The country a browser's languages speak of, for the first choice of a form. */
export function countryOf(languages: readonly string[]): string {
  for (const tag of languages) {
    const region = new Intl.Locale(tag).maximize().region;
    if (region && tag.includes('-') && /^[A-Z]{2}$/.test(region)) return region;
  }
  return 'US';
}
