import { expect, it } from 'vitest';
import { endedOf, sumOf } from './system-view';

const ended = (direction: string, cause: string, value: number) => ({
  name: 'patchbay_calls_ended_total',
  labels: `direction="${direction}",cause="${cause}",blame="caller"`,
  value,
});

it('adds series up by name and label', () => {
  const figures = [
    { name: 'ports', labels: 'state="used"', value: 3 },
    { name: 'ports', labels: 'state="free"', value: 7 },
    { name: 'other', labels: '', value: 9 },
  ];
  expect([sumOf(figures, 'ports'), sumOf(figures, 'ports', 'state="used"'), sumOf(figures, 'none')]).toEqual([
    10, 3, 0,
  ]);
});

it('counts ends by cause over all directions, most first', () => {
  const figures = [ended('inbound', 'busy', 1), ended('outbound', 'busy', 4), ended('inbound', 'caller_hung_up', 9)];
  expect(endedOf(figures)).toEqual([
    { cause: 'caller_hung_up', blame: 'caller', count: 9 },
    { cause: 'busy', blame: 'caller', count: 5 },
  ]);
});
