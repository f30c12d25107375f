/** Keys and the clipboard of the editor. */
import { type ClipboardEvent, type RefObject, useEffect } from 'react';
import type { Editor } from './context';
import type { OpenDraft } from './draft';
import { kindOf } from './kinds';
import { copyOf, pasted } from './model/command';
import type { FlowNode } from './model/graph';

const typing = (target: EventTarget | null): boolean =>
  target instanceof Element &&
  target.closest('input, textarea, select, [contenteditable="true"], [role="dialog"]') !== null;

/** Never while one types. Undo works wherever the focus is; what a press takes away or changes needs it within the editor. */
export function useShortcuts(root: RefObject<HTMLElement | null>, editor: Editor, draft: OpenDraft): void {
  // The page is one place for keys, whichever part has the focus.
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      const outside = event.target !== document.body && !root.current?.contains(event.target as Node | null);
      if (editor.readOnly || typing(event.target)) return;
      const command = event.ctrlKey || event.metaKey;
      const key = event.key.toLowerCase();
      const deed = () => {
        if (command && key === 'z') return event.shiftKey ? draft.redo : draft.undo;
        if (command && key === 'y') return draft.redo;
        if (outside) return null;
        if (command && key === 'a') return () => editor.select(Object.keys(editor.graph.nodes));
        if (!command && (event.key === 'Delete' || event.key === 'Backspace') && editor.selected.length > 0)
          return () => {
            editor.perform({ do: 'remove', names: [...editor.selected] });
            editor.select([]);
          };
        if (!command && event.key === 'Escape' && editor.selected.length > 0) return () => editor.select([]);
        return null;
      };
      const found = deed();
      if (!found) return;
      event.preventDefault();
      found();
    };
    addEventListener('keydown', press);
    return () => removeEventListener('keydown', press);
  }, [root, editor, draft]);
}

const MARK = 'patchbay-steps';

/** Steps on the clipboard are text, so that they can be pasted into another flow, in another tab. */
export function useClipboard(editor: Editor) {
  const copy = (event: ClipboardEvent): boolean => {
    if (typing(event.target) || editor.selected.length === 0 || String(getSelection())) return false;
    const nodes = copyOf(editor.graph, [...editor.selected]);
    if (Object.keys(nodes).length === 0) return false;
    event.preventDefault();
    event.clipboardData.setData('text/plain', JSON.stringify({ [MARK]: nodes }));
    return true;
  };
  return {
    onCopy: (event: ClipboardEvent) => void copy(event),
    onCut: (event: ClipboardEvent) => {
      if (editor.readOnly || !copy(event)) return;
      editor.perform({ do: 'remove', names: [...editor.selected] });
      editor.select([]);
    },
    onPaste: (event: ClipboardEvent) => {
      if (editor.readOnly || typing(event.target)) return;
      const nodes = stepsIn(event.clipboardData.getData('text/plain'));
      if (!nodes) return;
      event.preventDefault();
      const made = pasted(editor.graph, nodes, { x: 40, y: 40 });
      editor.perform({ do: 'paste', nodes: made });
      editor.select(Object.keys(made), true);
    },
  };
}

/** The steps that a text holds; null where it holds anything else. */
export function stepsIn(text: string): Record<string, FlowNode> | null {
  try {
    const nodes = (JSON.parse(text) as Record<string, Record<string, FlowNode>>)[MARK];
    if (!nodes || typeof nodes !== 'object') return null;
    const sound = Object.values(nodes).every(
      (node) =>
        typeof node.kind === 'string' &&
        kindOf(node.kind) !== null &&
        typeof node.label === 'string' &&
        typeof node.settings === 'object' &&
        typeof node.exits === 'object' &&
        typeof node.place?.x === 'number' &&
        typeof node.place.y === 'number',
    );
    return sound ? nodes : null;
  } catch {
    return null;
  }
}
