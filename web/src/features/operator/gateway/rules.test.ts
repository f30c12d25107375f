import { describe, expect, it } from 'vitest';
import { changed, costMicros, costText, spoken } from './rules';

describe('prices of a minute', () => {
  it('are read as people type them', () => {
    expect(costMicros('0.012')).toBe(12_000);
    expect(costMicros('1,5')).toBe(1_500_000);
    expect(costMicros(' ')).toBe(-1);
    for (const bad of ['free', '1.2.3', '-1', '0.1234567']) expect(costMicros(bad)).toBeNull();
  });
  it('come back as they were', () => {
    expect(costText({ micros: 12_000, currency: 'USD' })).toBe('0.012');
    expect(costText(null)).toBe('');
  });
});

describe('habits', () => {
  it('that say nothing are dropped', () => {
    expect(
      spoken([
        { starts: '', strip: 0, prepend: '' },
        { starts: '+1', strip: 2, prepend: '' },
      ]),
    ).toHaveLength(1);
  });
  it('change one at a time', () => {
    const habits = [{ starts: '0' }, { starts: '1' }];
    expect(changed(habits, 1, { prepend: '9' })).toEqual([{ starts: '0' }, { starts: '1', prepend: '9' }]);
  });
});
