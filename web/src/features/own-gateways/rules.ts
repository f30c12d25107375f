/** What the company's rack form checks and sends. */
import type { GatewayProfile, Schemas } from '../../api/types';
import { portNumber, type RackForm } from '../operator/rack/rules';

export type Fault = 'needed' | 'host' | 'port' | 'channels';

/** An IP address: a name could lead elsewhere tomorrow. */
export function isAddress(text: string): boolean {
  const four = text.split('.');
  if (four.length === 4) return four.every((part) => /^\d{1,3}$/.test(part) && Number(part) <= 255);
  return text.includes(':') && /^[0-9a-f:.]+$/i.test(text);
}

/** What is wrong in one step of the form; nothing means go on. */
export function faults(
  form: RackForm,
  step: number,
  profile: GatewayProfile | undefined,
): Partial<Record<keyof RackForm, Fault>> {
  const found: Partial<Record<keyof RackForm, Fault>> = {};
  if (step === 0 && !profile) found.profile = 'needed';
  if (step === 1) {
    if (!form.site) found.site = 'needed';
    if (!form.label.trim()) found.label = 'needed';
    if (form.channels && !(Number(form.channels) >= 1 && Number(form.channels) <= 1000)) found.channels = 'channels';
  }
  if (step === 2 && form.connection === 'ip_peer') {
    if (!form.host.trim()) found.host = 'needed';
    else if (!isAddress(form.host.trim())) found.host = 'host';
    if (form.udp_port && portNumber(form.udp_port) === null) found.udp_port = 'port';
  }
  return found;
}

/** The request of a filled form: only what its way of connecting needs. */
export function request(form: RackForm): Schemas['OwnGatewayNew'] {
  const udp_port = portNumber(form.udp_port);
  const away = form.connection === 'ip_peer';
  return {
    site: form.site,
    label: form.label.trim(),
    profile: form.profile,
    connection: form.connection,
    gateway_ports: form.ports,
    ...(form.channels ? { channels: Number(form.channels) } : {}),
    ...(form.simulated && !away ? { simulated: true } : {}),
    ...(away ? { host: form.host.trim(), transport: form.transport, ...(udp_port ? { udp_port } : {}) } : {}),
  };
}
