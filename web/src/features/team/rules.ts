/** What the team forms check and propose. */
import type { DataScope, Member, Role } from '../../api/types';

/** The lowest free extension from 101 up. */
export function freeExtension(taken: readonly string[]): string {
  const used = new Set(taken);
  let next = 101;
  while (used.has(String(next))) next += 1;
  return String(next);
}

/** Two to six digits, not taken by another seat. */
export function extensionFault(text: string, taken: readonly string[]): 'format' | 'taken' | null {
  if (!/^\d{2,6}$/.test(text)) return 'format';
  return taken.includes(text) ? 'taken' : null;
}

/** E-mail addresses out of whatever was pasted: commas, semicolons, lines, "Name <address>". */
export function addresses(text: string): string[] {
  const found = text.match(/[^\s,;<>"]+@[^\s,;<>"]+\.[^\s,;<>".]{2,}/g) ?? [];
  return [...new Set(found.map((one) => one.toLowerCase()))];
}

export const ROLES: readonly Role[] = ['owner', 'admin', 'supervisor', 'agent'];

/** A company keeps at least one active owner: the last one cannot be made less or sent away. */
export function isLastOwner(member: Member, members: readonly Member[]): boolean {
  const owners = members.filter((one) => one.role === 'owner' && one.state === 'active');
  return owners.length === 1 && owners[0]?.id === member.id;
}

/** Roles a person may give: an admin makes no owners. */
export const rolesToGive = (mine: Role): Role[] => ROLES.filter((role) => mine === 'owner' || role !== 'owner');

/** Narrowest first. */
export const SCOPES: readonly DataScope[] = ['own', 'team', 'subtree', 'all'];

/** Nobody gives a wider view than their own. */
export const scopesToGive = (mine: DataScope): DataScope[] => SCOPES.slice(0, SCOPES.indexOf(mine) + 1);

/** The numbers a seat may show, the usual one first: those chosen for it, then those that ring at it. As the server decides. */
export function shownBy<N extends { id: string; e164: string; destination_seat?: string | null }>(
  seat: { id: string; displayed_numbers: readonly { id: string; e164: string }[] },
  numbers: readonly N[],
): { id: string; e164: string; rings: boolean }[] {
  const rings = new Set(numbers.filter((one) => one.destination_seat === seat.id).map((one) => one.id));
  const chosen = seat.displayed_numbers.map(({ id, e164 }) => ({ id, e164, rings: rings.has(id) }));
  const others = numbers.filter((one) => rings.has(one.id) && !chosen.some((known) => known.id === one.id));
  return [...chosen, ...others.map(({ id, e164 }) => ({ id, e164, rings: true }))];
}
