/** Whether there is room to draw: not on a phone. */
import { useSyncExternalStore } from 'react';

const QUERY = '(min-width: 768px)';

function subscribe(tell: () => void): () => void {
  const list = matchMedia(QUERY);
  list.addEventListener('change', tell);
  return () => list.removeEventListener('change', tell);
}

export const useWide = (): boolean => useSyncExternalStore(subscribe, () => matchMedia(QUERY).matches);
