/**
 * Whether this tab was in a call when its page was last here. After a reload the customer waits for every millisecond: what the
 * phone needs is then fetched before the page asks for it.
 */
const KEY = 'patchbay.in-call';

export const wasInCall = (): boolean => sessionStorage.getItem(KEY) !== null;

export function noteCall(up: boolean): void {
  if (up) sessionStorage.setItem(KEY, '1');
  else sessionStorage.removeItem(KEY);
}
