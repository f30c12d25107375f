/** Deletion with time to think: what cannot be brought back is only ordered when the way back has passed. */
import { useCallback, useEffect, useRef, useState } from 'react';
import { useDeleteFlow } from './queries';

/** As long as the button to undo is shown. */
const GRACE_MS = 8_000;

export function useLateDeletion() {
  const { mutate, error } = useDeleteFlow();
  const [leaving, setLeaving] = useState<ReadonlySet<string>>(new Set());
  const timers = useRef(new Map<string, ReturnType<typeof setTimeout>>());
  const back = useCallback((id: string) => setLeaving((old) => new Set([...old].filter((one) => one !== id))), []);
  const order = useCallback(
    (id: string) => {
      timers.current.delete(id);
      // What is refused is shown again, with the reason.
      mutate(id, { onError: () => back(id) });
    },
    [mutate, back],
  );
  // Whoever leaves the page has made up their mind.
  useEffect(() => {
    const open = timers.current;
    return () => {
      for (const [id, timer] of open) {
        clearTimeout(timer);
        mutate(id);
      }
      open.clear();
    };
  }, [mutate]);
  const begin = (id: string): (() => void) => {
    setLeaving((old) => new Set(old).add(id));
    timers.current.set(
      id,
      setTimeout(() => order(id), GRACE_MS),
    );
    return () => {
      clearTimeout(timers.current.get(id));
      // Too late to take back what was ordered already.
      if (timers.current.delete(id)) back(id);
    };
  };
  return { leaving, begin, error };
}
