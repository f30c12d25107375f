/** What a person may do. The server decides again; this only keeps buttons that cannot work off the page. */
import type { Me, Role } from './api/types';

export type Deed =
  | 'numbers:write'
  | 'gateway_ports:write'
  | 'seats:write'
  | 'members:write'
  | 'invitations:write'
  | 'company:write'
  | 'calls:read'
  | 'calls:write';

/** Words of the permission list carry verb and resource, as the server prints them. */
export function can(me: Pick<Me, 'permissions'>, deed: Deed): boolean {
  return me.permissions.includes(deed);
}

/** Owners and admins set the company up; others go straight to the desk. */
export function setsUp(role: Role): boolean {
  return role === 'owner' || role === 'admin';
}
