import { describe, expect, it } from 'vitest';
import { ago, clock, givenName, money, phone, total } from './format';
import { initialLanguage, languageFor } from './languages';

describe('format', () => {
  it('writes money with its cents, and minute prices with four places', () => {
    expect(money({ micros: 2_000_000, currency: 'USD' })).toBe('$2.00');
    expect(money({ micros: 9_000, currency: 'USD' })).toBe('$0.0090');
    expect(money({ micros: 1_530_000, currency: 'GBP' })).toBe('£1.53');
  });

  it('adds per currency', () => {
    const sums = total([
      { micros: 1, currency: 'USD' },
      { micros: 5, currency: 'GBP' },
      { micros: 2, currency: 'USD' },
    ]);
    expect(sums).toEqual([
      { micros: 3, currency: 'USD' },
      { micros: 5, currency: 'GBP' },
    ]);
  });

  it('counts time as people read it', () => {
    expect([clock(0), clock(41_900), clock(247_000), clock(3_753_000), clock(-5)]).toEqual([
      '0:00',
      '0:41',
      '4:07',
      '1:02:33',
      '0:00',
    ]);
  });

  it('speaks of the past and the future', () => {
    expect(ago(0, 4_000)).toBe('4 seconds ago');
    expect(ago(172_800_000, 0)).toBe('in 2 days');
  });

  it('writes numbers as their country does and leaves the rest alone', () => {
    expect(phone('+14155550142')).toBe('+1 415 555 0142');
    expect(phone('101')).toBe('101');
  });

  it('greets by the given name', () => {
    expect(givenName('Elena Marsh')).toBe('Elena');
    expect(givenName('陈宇')).toBe('陈宇');
  });
});

describe('language', () => {
  it('tells the two Chinese scripts apart', () => {
    expect(['zh-TW', 'zh-HK', 'zh-Hant-CN', 'zh-CN', 'zh', 'en-GB', 'fr'].map(languageFor)).toEqual([
      'zh-Hant',
      'zh-Hant',
      'zh-Hant',
      'zh-Hans',
      'zh-Hans',
      'en',
      null,
    ]);
  });

  it('takes the choice, then the browser, then English', () => {
    expect(initialLanguage('zh-Hant', ['en'])).toBe('zh-Hant');
    expect(initialLanguage('nonsense', ['fr-FR', 'zh-CN'])).toBe('zh-Hans');
    expect(initialLanguage(null, ['fr'])).toBe('en');
  });
});
