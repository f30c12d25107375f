import { expect, it } from 'vitest';
import type { Member } from '../../api/types';
import { addresses, extensionFault, freeExtension, isLastOwner, rolesToGive, scopesToGive, shownBy } from './rules';

it('proposes the lowest free extension', () => {
  expect(freeExtension([])).toBe('101');
  expect(freeExtension(['101', '102', '104'])).toBe('103');
});

it('refuses extensions that are taken or no extension', () => {
  expect(extensionFault('12', [])).toBeNull();
  expect(extensionFault('1', [])).toBe('format');
  expect(extensionFault('1234567', [])).toBe('format');
  expect(extensionFault('101', ['101'])).toBe('taken');
});

it('finds addresses in whatever was pasted, each once', () => {
  const pasted = 'Mei Lin <Mei.Lin@kestrel.example>; tom@kestrel.example,\n tom@kestrel.example\nnot-an-address';
  expect(addresses(pasted)).toEqual(['mei.lin@kestrel.example', 'tom@kestrel.example']);
});

it('guards the last active owner', () => {
  const member = (id: string, role: Member['role'], state: Member['state'] = 'active') =>
    ({ id, role, state }) as Member;
  const one = member('a', 'owner');
  expect(isLastOwner(one, [one, member('b', 'admin'), member('c', 'owner', 'suspended')])).toBe(true);
  expect(isLastOwner(one, [one, member('c', 'owner')])).toBe(false);
});

it('lets only owners make owners', () => {
  expect(rolesToGive('owner')).toContain('owner');
  expect(rolesToGive('admin')).not.toContain('owner');
});

it('lets a seat show what was chosen for it, then what rings at it', () => {
  const number = (id: string, destination_seat: string | null) => ({ id, e164: `+${id}`, destination_seat });
  const seat = { id: 'sea_1', displayed_numbers: [{ id: '2', e164: '+2' }] };
  const numbers = [number('1', 'sea_1'), number('2', null), number('3', 'sea_2')];
  expect(shownBy(seat, numbers)).toEqual([
    { id: '2', e164: '+2', rings: false },
    { id: '1', e164: '+1', rings: true },
  ]);
  expect(shownBy({ id: 'sea_9', displayed_numbers: [] }, numbers)).toEqual([]);
});

it("data scopes are given up to one's own", () => {
  expect(scopesToGive('team')).toEqual(['own', 'team']);
  expect(scopesToGive('all')).toHaveLength(4);
});
