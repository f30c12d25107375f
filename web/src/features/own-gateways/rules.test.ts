import { describe, expect, it } from 'vitest';
import type { RackForm } from '../operator/rack/rules';
import { faults, isAddress, request } from './rules';

const form: RackForm = {
  profile: 'falcon_e1',
  site: 'site_1',
  label: ' Office ',
  connection: 'ip_peer',
  ports: 1,
  host: '198.51.100.7',
  udp_port: '5070',
  transport: 'tls',
  channels: '',
  username: '',
  password: '',
  realm: '',
  rental: 'exclusive',
  monthly: '',
  simulated: true,
};

describe('an address', () => {
  it('is numbers, not a name', () => {
    expect(['198.51.100.7', '2001:db8::1'].map(isAddress)).toEqual([true, true]);
    expect(['gw.example.com', '1.2.3', '1.2.3.256', ''].map(isAddress)).toEqual([false, false, false, false]);
  });
});

describe('the rack form of a company', () => {
  it('asks for what its way of joining needs', () => {
    expect(faults({ ...form, host: 'gw.example.com' }, 2, undefined)).toEqual({ host: 'host' });
    expect(faults({ ...form, host: '', connection: 'registers_with_us' }, 2, undefined)).toEqual({});
    expect(faults({ ...form, site: '', label: ' ' }, 1, undefined)).toEqual({ site: 'needed', label: 'needed' });
  });

  it('sends no more than that', () => {
    expect(request(form)).toEqual({
      site: 'site_1',
      label: 'Office',
      profile: 'falcon_e1',
      connection: 'ip_peer',
      gateway_ports: 1,
      host: '198.51.100.7',
      transport: 'tls',
      udp_port: 5070,
    });
    const registers = request({ ...form, connection: 'registers_with_us' });
    expect([registers.host, registers.simulated]).toEqual([undefined, true]);
  });
});
