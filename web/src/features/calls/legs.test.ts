import { expect, it } from 'vitest';
import { legName } from './legs';

const outbound = { direction: 'outbound', seat_label: 'Elena Marsh' } as const;

it('names a leg as people know it, never by the account of a device', () => {
  expect(legName({ party: '101-hbft17htty', gateway_port_label: null }, outbound)).toBe('Elena Marsh');
  expect(legName({ party: '102-k2', gateway_port_label: null }, { direction: 'internal', seat_label: 'Elena' })).toBe(
    '102',
  );
  expect(legName({ party: '+14155550143', gateway_port_label: 'Line 1' }, outbound)).toBe('Line 1');
  expect(legName({ party: '+14155550143', gateway_port_label: null }, outbound)).toBe('+1 415 555 0143');
});
