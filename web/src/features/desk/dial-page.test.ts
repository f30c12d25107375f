import { describe, expect, it } from 'vitest';
import { linkedNumber } from './dial-page';

describe('telephone links', () => {
  it('are numbers with or without the word in front and what follows the number', () => {
    expect(linkedNumber('tel:+1-415-555-0132;ext=7', 'US')).toBe('+14155550132');
    expect(linkedNumber('TEL:(415) 555-0132', 'US')).toBe('+14155550132');
    expect(linkedNumber('102', 'US')).toBe('102');
  });

  it('are nothing when nobody can be called so', () => {
    for (const text of ['', 'tel:', 'tel:call-me', 'mailto:ann@example.com'])
      expect(linkedNumber(text, 'US')).toBeNull();
  });
});
