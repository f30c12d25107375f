import { expect, test } from 'vitest';
import { choiceOf, choicesOf } from './state-choice';

test('each reason is a break of its own, and there is one without where there are none', () => {
  const lunch = { id: 'rsn_1', name: 'Lunch', longest_s: null };
  expect(choicesOf({ reasons: [lunch] }).map((one) => one.value)).toEqual(['ready', 'rsn_1', 'offline']);
  expect(choicesOf({ reasons: [] }).map((one) => one.value)).toEqual(['ready', 'not_ready', 'offline']);
});

test('the choice that holds is the reason, or the state', () => {
  const since = '2026-01-01T00:00:00Z';
  const reason = { id: 'rsn_1', name: 'Lunch', longest_s: null };
  expect(choiceOf({ now: { state: 'not_ready', reason, since } })).toBe('rsn_1');
  expect(choiceOf({ now: { state: 'ready', reason: null, since } })).toBe('ready');
});
