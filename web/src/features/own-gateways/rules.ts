/** What the company's rack form checks and sends. */
import type { GatewayProfile, Schemas } from '../../api/types';
import { faults as common, type Faults, portNumber, type RackForm } from '../operator/rack/rules';

/** An IP address: a name could lead elsewhere tomorrow. */
export function isAddress(text: string): boolean {
  const four = text.split('.');
  if (four.length === 4) return four.every((part) => /^\d{1,3}$/.test(part) && Number(part) <= 255);
  return text.includes(':') && /^[0-9a-f:.]+$/i.test(text);
}

/** What is wrong in one step of the form; nothing means go on. As the operator's, but a host is an address. */
export function faults(form: RackForm, step: number, profile: GatewayProfile | undefined): Faults {
  const found = common(form, step, profile);
  const named = step === 2 && form.connection === 'ip_peer' && !found.host;
  return named && !isAddress(form.host.trim()) ? { ...found, host: 'host' } : found;
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
