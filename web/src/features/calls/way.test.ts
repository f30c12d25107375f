import { expect, test } from 'vitest';
import type { Schemas } from '../../api/types';
import { shareOf } from './way';

const step = (stayed_ms: number): Schemas['FlowPathStep'] => ({
  flow: 'flow_1',
  version: 1,
  node: 'in',
  kind: 'start',
  label: '',
  entered_ms: 0,
  stayed_ms,
  keys: '',
});

test('the longest step fills the line and the others their share of it', () => {
  const path = [step(0), step(4_000), step(1_000)];
  expect(path.map((one) => shareOf(one, path))).toEqual([0, 1, 0.25]);
});

test('a way that took no time has no bars', () => {
  const path = [step(0), step(0)];
  expect(path.map((one) => shareOf(one, path))).toEqual([0, 0]);
});
