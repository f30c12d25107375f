import { describe, expect, it } from 'vitest';
import { countryOf, emailLooksRight, passwordGood, passwordRules, safePath } from './rules';

describe('password', () => {
  it.each([
    ['correct horse battery', true],
    ['short', false],
    ['aaaaaaaaaaaaaaaa', false],
    ['0123456789', false],
    ['elena-is-great-22', false],
    ['harbourdental!!x9', false],
  ])('%s is good: %s', (password, good) => {
    expect(passwordGood(password, ['Elena Marsh', 'elena@harbourdental.example'])).toBe(good);
  });

  it('meets no rule while empty', () => {
    expect(passwordRules('', []).some((rule) => rule.met)).toBe(false);
  });
});

it('knows an e-mail address by its shape', () => {
  expect(['a@b.io', ' mei.lin@kestrel.example '].every(emailLooksRight)).toBe(true);
  expect(['a@b', 'a b@c.de', '@c.de', 'a@@b.de', 'a@b.'].some(emailLooksRight)).toBe(false);
});

it('goes only to paths of its own after signing in', () => {
  expect(safePath('/numbers?open=1')).toBe('/numbers?open=1');
  expect(['https://evil.example', '//evil.example', '/\\evil.example', undefined].map(safePath)).toEqual([
    '/',
    '/',
    '/',
    '/',
  ]);
});

it('guesses the country from a language with a region', () => {
  expect(countryOf(['de', 'en-GB'])).toBe('GB');
  expect(countryOf(['zh-Hant-TW'])).toBe('TW');
  expect(countryOf([])).toBe('US');
});
