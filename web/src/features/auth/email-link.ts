/**
 * In a demo nobody receives mail, so the server hands the confirmation link to the page; it is kept for this tab only.
 */
const STORE = 'patchbay.email-link';

export function keepEmailLink(link: string | null | undefined): void {
  try {
    if (link) sessionStorage.setItem(STORE, link);
  } catch {
    // Without storage the operator's list of pending links still has it.
  }
}

export function keptEmailLink(): string | null {
  try {
    return sessionStorage.getItem(STORE);
  } catch {
    return null;
  }
}

export function forgetEmailLink(): void {
  try {
    sessionStorage.removeItem(STORE);
  } catch {
    // Nothing was kept.
  }
}
