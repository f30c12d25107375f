import { describe, expect, it } from 'vitest';
import type { GatewayProfile } from '../../../api/types';
import { micros } from '../../../i18n/amount';
import { e164, lastOf } from '../number-rules';
import { asCsv } from './account-list';
import { faults, hostLooksRight, portNumber, type RackForm, request } from './rules';

const form = (over: Partial<RackForm> = {}): RackForm => ({
  profile: 'kestrel_fxo',
  site: 'sit_1',
  label: ' MAN-FXO-16 ',
  connection: 'registers_with_us',
  ports: 16,
  host: '',
  udp_port: '5060',
  transport: 'udp',
  channels: '',
  username: '',
  password: '',
  realm: '',
  rental: 'exclusive',
  monthly: '',
  simulated: false,
  ...over,
});
const profile = {} as GatewayProfile;

describe('rack form', () => {
  it('asks for a box, a place and a name', () => {
    expect(faults(form(), 0, undefined)).toEqual({ profile: 'needed' });
    expect(faults(form({ site: '', label: ' ' }), 1, profile)).toEqual({ site: 'needed', label: 'needed' });
    expect(faults(form({ channels: '0', monthly: 'ten' }), 1, profile)).toEqual({
      channels: 'channels',
      monthly: 'price',
    });
  });

  it('asks for an address only where there is one, and an account only where we register', () => {
    expect(faults(form(), 2, profile)).toEqual({});
    expect(faults(form({ connection: 'ip_peer' }), 2, profile)).toEqual({ host: 'needed' });
    expect(faults(form({ connection: 'ip_peer', host: 'a b', udp_port: '70000' }), 2, profile)).toEqual({
      host: 'host',
      udp_port: 'port',
    });
    expect(faults(form({ connection: 'we_register', host: 'sip.carrier.example' }), 2, profile)).toEqual({
      username: 'needed',
      password: 'needed',
    });
  });

  it('says that a simulator plays it only when told so', () => {
    expect(request(form(), 'USD')).not.toHaveProperty('simulated');
    expect(request(form({ simulated: true }), 'USD')).toMatchObject({ simulated: true });
  });

  it('sends only what its way of connecting needs', () => {
    const leftover = { host: '192.0.2.1', username: 'u', password: 'p' };
    expect(request(form(leftover), 'USD')).toEqual({
      site: 'sit_1',
      label: 'MAN-FXO-16',
      profile: 'kestrel_fxo',
      connection: 'registers_with_us',
      gateway_ports: 16,
      rental: 'exclusive',
      transport: 'udp',
    });
    const full = request(form({ ...leftover, connection: 'we_register', realm: 'r', monthly: '11,5' }), 'GBP');
    expect(full).toMatchObject({
      host: '192.0.2.1',
      udp_port: 5060,
      username: 'u',
      password: 'p',
      realm: 'r',
      monthly: { micros: 11_500_000, currency: 'GBP' },
    });
  });
});

it('reads hosts, ports and prices', () => {
  expect(['192.0.2.16', 'gw.site-1.example', '[2001:db8::1]'].every(hostLooksRight)).toBe(true);
  expect(['', 'a b', '-x.example', 'sip:host'].some(hostLooksRight)).toBe(false);
  expect([portNumber('5060'), portNumber('0'), portNumber('65536'), portNumber('5o')]).toEqual([
    5060,
    null,
    null,
    null,
  ]);
  expect([micros('2.00'), micros('0,009'), micros('-1'), micros('')]).toEqual([2_000_000, 9_000, null, null]);
});

it('says where a block of numbers ends, or that it cannot', () => {
  expect(e164('+1 (415) 555-0100')).toBe('+14155550100');
  expect(e164('415 555 0100')).toBeNull();
  expect(lastOf('+14155550100', 100)).toBe('+14155550199');
  expect(lastOf('+99999999', 2)).toBeNull();
  expect(lastOf('+14155550100', 0)).toBeNull();
});

it('writes accounts as a file that a sheet reads', () => {
  const account = { label: 'Line 1, left', username: 'u"1', password: 'p', registrar: 'r', domain: 'd' };
  expect(asCsv([account])).toBe('gateway_port,username,password,registrar,domain\r\n"Line 1, left","u""1",p,r,d');
});
