/** Small hooks of the whole app. */
import { useCallback, useEffect, useRef, useState, useSyncExternalStore } from 'react';
import { live } from './api/live';
import { operatorSession, session } from './api/session';
import type { Me, OperatorMe } from './api/types';

export const useSession = () => useSyncExternalStore(session.subscribe, session.snapshot);
export const useOperatorSession = () => useSyncExternalStore(operatorSession.subscribe, operatorSession.snapshot);
export const useLiveState = () => useSyncExternalStore(live.subscribe, live.snapshot);

/** The person signed in; only below the frame, which shows nothing else until there is one. */
export function useMe(): Me {
  const state = useSession();
  if (state.kind !== 'signed_in') throw new Error('useMe is used outside the signed-in frame');
  return state.me;
}

export function useOperator(): OperatorMe {
  const state = useOperatorSession();
  if (state.kind !== 'signed_in') throw new Error('useOperator is used outside the operator frame');
  return state.me;
}

/**
 * The Idempotency-Key for what is wanted: a second press after a lost answer says the same key, a changed form another.
 * What is wanted does not go into the key, which is a header: short, and ASCII alone.
 */
export function useIntent(): (wanted: unknown) => string {
  const intent = useRef({ text: '', key: '' });
  return useCallback((wanted) => {
    const text = JSON.stringify(wanted);
    if (intent.current.text !== text || !intent.current.key) intent.current = { text, key: crypto.randomUUID() };
    return intent.current.key;
  }, []);
}

/** The time now, renewed every `everyMs`; for timers and "seen 4 s ago". */
export function useNow(everyMs = 1000): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return now;
}

/** True once `waiting` has lasted `ms`: short waits show nothing at all. */
export function useSlow(waiting: boolean, ms = 200): boolean {
  const [slow, setSlow] = useState(false);
  useEffect(() => {
    if (!waiting) {
      setSlow(false);
      return;
    }
    const timer = setTimeout(() => setSlow(true), ms);
    return () => clearTimeout(timer);
  }, [waiting, ms]);
  return slow;
}

/** The page's own title in the browser tab. */
export function useTitle(title: string): void {
  useEffect(() => {
    document.title = title ? `${title} · Patchbay` : 'Patchbay';
  }, [title]);
}
