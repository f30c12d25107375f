/** Every kind of step, found by typing; pressed, it is put behind what is selected, dragged, where it is let go. */
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { cx } from '../../ui/cx';
import { SearchField } from '../../ui/field';
import { Dialog } from '../../ui/overlay';
import { useEditor } from './context';
import type { Group, NodeKind } from './kind';
import { allKinds, exitName, nodeName } from './kinds';
import type { Way } from './model/command';
import { STEP_TYPE } from './step-type';

const GROUPS: Group[] = ['talk', 'decide', 'connect', 'end'];

function useFound(text: string): NodeKind[] {
  const { t } = useTranslation('flow-steps');
  const low = text.trim().toLowerCase();
  return allKinds.filter(
    (kind) =>
      kind.group !== null &&
      [t(`kind.${kind.code}.name`), t(`kind.${kind.code}.hint`), kind.code].some((word) =>
        word.toLowerCase().includes(low),
      ),
  );
}

export function Palette() {
  const { t } = useTranslation('flow-steps');
  const { add } = useEditor();
  const [text, setText] = useState('');
  const found = useFound(text);
  return (
    <nav
      aria-label={t('palette.label')}
      className="flex min-h-0 flex-col overflow-y-auto border-r border-line bg-panel p-3 max-xl:hidden"
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (text && found[0]) add(found[0], {});
          setText('');
        }}
      >
        <SearchField label={t('palette.find')} value={text} onChange={setText} className="w-full" />
      </form>
      <Groups kinds={found} onChoose={(kind) => add(kind, {})} draggable />
    </nav>
  );
}

function Groups(props: {
  kinds: NodeKind[];
  onChoose: (kind: NodeKind) => void;
  draggable?: boolean;
  hints?: boolean;
}) {
  const { t } = useTranslation('flow-steps');
  if (props.kinds.length === 0) return <p className="p-2 text-13 text-ink-3">{t('common:nothing_found')}</p>;
  return GROUPS.filter((group) => props.kinds.some((kind) => kind.group === group)).map((group) => (
    <section key={group} aria-label={t(`group.${group}`)}>
      <h3 className="px-2 pt-3 pb-1 text-12 font-medium text-ink-3">{t(`group.${group}`)}</h3>
      <ul className={cx(props.hints && 'grid gap-x-2 sm:grid-cols-2')}>
        {props.kinds
          .filter((kind) => kind.group === group)
          .map(({ code, icon: Icon, ...kind }) => (
            <li key={code}>
              <button
                type="button"
                title={t(`kind.${code}.hint`)}
                draggable={props.draggable ?? false}
                onDragStart={(event) => {
                  event.dataTransfer.setData(STEP_TYPE, code);
                  event.dataTransfer.effectAllowed = 'copy';
                }}
                onClick={() => props.onChoose({ code, icon: Icon, ...kind })}
                className="flex min-h-8 w-full items-center gap-2.5 rounded-sm px-2 py-1 text-left text-13 font-medium text-ink-2 hover:bg-hover hover:text-ink"
              >
                <Icon aria-hidden className="size-4 shrink-0" />
                <span className="min-w-0">
                  <span className="block truncate">{t(`kind.${code}.name`)}</span>
                  {props.hints && (
                    <span className="block truncate text-12 font-normal text-ink-3">{t(`kind.${code}.hint`)}</span>
                  )}
                </span>
              </button>
            </li>
          ))}
      </ul>
    </section>
  ));
}

/** The same list over the page: for a way, from the keyboard, and where there is no room for the palette. */
export function StepPicker(props: { open: boolean; into: Way | null; onClose: () => void }) {
  const { t } = useTranslation('flow-steps');
  const { add, graph, words } = useEditor();
  const [text, setText] = useState('');
  const found = useFound(text);
  const choose = (kind: NodeKind) => {
    setText('');
    props.onClose();
    add(kind, props.into ? { into: props.into } : {});
  };
  const from = props.into && graph.nodes[props.into.from];
  return (
    <Dialog
      open={props.open}
      wide
      onClose={() => {
        setText('');
        props.onClose();
      }}
      title={t('palette.title')}
      note={
        from && props.into
          ? t('palette.after', { step: nodeName(from, words), exit: exitName(from, props.into.exit, words) })
          : undefined
      }
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (found[0]) choose(found[0]);
        }}
      >
        <SearchField label={t('palette.find')} value={text} onChange={setText} className="w-full" />
      </form>
      <Groups kinds={found} onChoose={choose} hints />
    </Dialog>
  );
}
