/** Single-letter shortcuts: only with the focus outside of text fields, and never with a modifier (WCAG 2.1.4). */
import { useEffect, useRef } from 'react';

export function useShortcuts(deeds: Record<string, () => unknown>): void {
  const latest = useRef(deeds);
  latest.current = deeds;
  // The keyboard is an outside system.
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || isTyping(event.target)) return;
      const deed = latest.current[event.key.length === 1 ? event.key.toLowerCase() : event.key];
      if (!deed) return;
      event.preventDefault();
      deed();
    };
    addEventListener('keydown', press);
    return () => removeEventListener('keydown', press);
  }, []);
}

function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return (
    target.isContentEditable ||
    target.closest('input, textarea, select, [role="textbox"], [role="combobox"], [role="dialog"]') !== null
  );
}
