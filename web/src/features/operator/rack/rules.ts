/** What the rack form checks and sends. */
import type { GatewayProfile, Schemas } from '../../../api/types';
import { micros } from '../../../i18n/amount';

export type RackForm = {
  profile: string;
  site: string;
  label: string;
  connection: Schemas['GatewayConnection'];
  ports: number;
  host: string;
  udp_port: string;
  transport: 'udp' | 'tcp' | 'tls';
  channels: string;
  username: string;
  password: string;
  realm: string;
  rental: Schemas['Rental'];
  monthly: string;
  /** A simulator plays it, not a box: companies may try it before their address is checked. */
  simulated: boolean;
};

/** Before anything is chosen. */
export const EMPTY: RackForm = {
  profile: '',
  site: '',
  label: '',
  connection: 'registers_with_us',
  ports: 1,
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
};

/** A UDP or TCP port number, or null. */
export function portNumber(text: string): number | null {
  const value = Number(text);
  return /^\d{1,5}$/.test(text.trim()) && value >= 1 && value <= 65_535 ? value : null;
}

/** A name or an address that can stand in a SIP URI. */
export function hostLooksRight(text: string): boolean {
  return (
    /^([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]*[a-z0-9])?$/i.test(text) || /^\[?[0-9a-f:]+\]?$/i.test(text)
  );
}

export type Fault = 'needed' | 'host' | 'port' | 'channels' | 'price';
export type Faults = Partial<Record<keyof RackForm, Fault>>;

/** What is wrong in one step of the form; nothing means go on. */
export function faults(form: RackForm, step: number, profile: GatewayProfile | undefined): Faults {
  const found: Faults = {};
  if (step === 0) {
    if (!profile) found.profile = 'needed';
  }
  if (step === 1) {
    if (!form.site) found.site = 'needed';
    if (!form.label.trim()) found.label = 'needed';
    if (form.channels && !(Number(form.channels) >= 1 && Number(form.channels) <= 1000)) found.channels = 'channels';
    if (form.monthly && micros(form.monthly) === null) found.monthly = 'price';
  }
  if (step === 2 && form.connection !== 'registers_with_us') {
    if (!form.host.trim()) found.host = 'needed';
    else if (!hostLooksRight(form.host.trim())) found.host = 'host';
    if (form.udp_port && portNumber(form.udp_port) === null) found.udp_port = 'port';
    if (form.connection === 'we_register') {
      if (!form.username.trim()) found.username = 'needed';
      if (!form.password) found.password = 'needed';
    }
  }
  return found;
}

/** The request of a filled form: only what its way of connecting needs. */
export function request(form: RackForm, currency: string): Schemas['GatewayNew'] {
  const udp_port = portNumber(form.udp_port);
  const price = micros(form.monthly);
  const away = form.connection !== 'registers_with_us';
  return {
    site: form.site,
    label: form.label.trim(),
    profile: form.profile,
    connection: form.connection,
    gateway_ports: form.ports,
    rental: form.rental,
    transport: form.transport,
    ...(form.simulated ? { simulated: true } : {}),
    ...(form.channels ? { channels: Number(form.channels) } : {}),
    ...(price === null ? {} : { monthly: { micros: price, currency } }),
    ...(away ? { host: form.host.trim(), ...(udp_port ? { udp_port } : {}) } : {}),
    ...(form.connection === 'we_register'
      ? {
          username: form.username.trim(),
          password: form.password,
          ...(form.realm.trim() ? { realm: form.realm.trim() } : {}),
        }
      : {}),
  };
}
