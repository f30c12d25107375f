/** What a person may do. The server decides again; this only keeps buttons that cannot work off the page. */
import type { Me, Role } from './api/types';

type Resource =
  | 'company'
  | 'single_sign_on'
  | 'onboarding'
  | 'members'
  | 'invitations'
  | 'departments'
  | 'roles'
  | 'seats'
  | 'devices'
  | 'queues'
  | 'agents'
  | 'numbers'
  | 'flows'
  | 'gateway_ports'
  | 'prompts'
  | 'recordings'
  | 'voicemails'
  | 'surveys'
  | 'callbacks'
  | 'calls'
  | 'capacity'
  | 'billing'
  | 'events'
  | 'audit'
  | 'api_keys'
  | 'seat_tokens'
  | 'webhooks'
  | 'softphone'
  | 'lab';

export type Deed = `${Resource}:${'read' | 'write' | 'operate'}`;

/** Words of the permission list carry verb and resource, as the server prints them. */
export function can(me: Pick<Me, 'permissions'>, deed: Deed): boolean {
  return me.permissions.includes(deed);
}

/** Owners and admins set the company up; others go straight to the desk. */
export function setsUp(role: Role): boolean {
  return role === 'owner' || role === 'admin';
}
