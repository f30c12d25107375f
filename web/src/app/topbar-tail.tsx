import { createContext, type ReactNode, useContext } from 'react';

/** What every page's bar ends with; the frame around it decides. */
export const TopbarTailContext = createContext<ReactNode>(null);

export function TopbarTail() {
  return useContext(TopbarTailContext);
}
