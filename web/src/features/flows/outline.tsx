/** The flow as a list that is read downwards. Everything that the canvas can do is done here without drawing. */
import { CircleAlert, CornerDownRight, Plus, TriangleAlert, Unplug } from 'lucide-react';
import { useEffect, useMemo, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { IconButton } from '../../ui/button';
import { cx } from '../../ui/cx';
import { useEditor } from './context';
import { exitName, exitsOf, exitsOfNode, kindOf, nodeName } from './kinds';
import { outline, type Row } from './model/outline';

export function OutlineView() {
  const { t } = useTranslation('flow-steps');
  const { graph, shown } = useEditor();
  const rows = useMemo(() => outline(graph, exitsOf), [graph]);
  const list = useRef<HTMLUListElement>(null);
  const lost = rows.findIndex((row) => row.lost);
  // Something outside asked for a step to be seen.
  useEffect(() => {
    if (!shown) return;
    list.current?.querySelector(`[data-step="${CSS.escape(shown.name)}"]`)?.scrollIntoView({ block: 'nearest' });
  }, [shown]);
  return (
    <div className="h-full overflow-auto bg-panel">
      <ul ref={list} aria-label={t('outline.label')} className="min-w-fit p-3 pb-24">
        {rows.map((row, at) => (
          <li key={row.key} className={cx(at === lost && 'mt-4 border-t border-line pt-3')}>
            {at === lost && <p className="px-2 pb-1 text-12 font-medium text-ink-3">{t('outline.lost')}</p>}
            <Line row={row} />
          </li>
        ))}
      </ul>
    </div>
  );
}

function Line({ row }: { row: Row }) {
  const { t } = useTranslation('flow-steps');
  const { graph, selected, select, pick, readOnly, words, nameOf, findings, trail } = useEditor();
  const from = row.way && graph.nodes[row.way.from];
  const exit = from && row.way && exitName(from, row.way.exit, words);
  const after = from && exit ? t('outline.after', { step: nodeName(from, words), exit }) : '';
  const node = row.name === null ? undefined : graph.nodes[row.name];
  const kind = node && kindOf(node.kind);
  const Icon = kind?.icon ?? Unplug;
  const chosen = row.is === 'node' && row.name !== null && selected.includes(row.name);
  const mine = findings.filter((one) => one.node === row.name);
  const worst = mine.some((one) => one.severity === 'error') ? 'error' : mine[0] && 'warning';
  const needed = from && row.way && exitsOfNode(from).find((one) => one.name === row.way?.exit)?.needed;
  // Heard, where sighted people see the branch.
  const lead = [after && `${after}:`, row.is === 'again' && t('outline.goes_to')].filter(Boolean).join(' ');
  // One way on says nothing by its name.
  const said = from && exitsOfNode(from).length > 1 ? exit : '';
  const insert = row.way && !readOnly && (
    <IconButton
      size="xs"
      label={t('outline.insert', { what: after })}
      onClick={() => row.way && pick(row.way)}
      className="opacity-0 group-focus-within:opacity-100 group-hover:opacity-100 focus-visible:opacity-100 max-md:opacity-100"
    >
      <Plus aria-hidden className="size-3.5" />
    </IconButton>
  );
  return (
    <div
      className="group flex items-center gap-1"
      style={{ paddingLeft: `calc(${row.depth} * var(--outline-step, 20px))` }}
    >
      {said && (
        <span
          aria-hidden
          className="min-w-10 max-w-32 shrink-0 truncate rounded-[5px] bg-hover px-1.5 py-0.5 text-center text-12 font-medium text-ink-2"
          title={said}
        >
          {said}
        </span>
      )}
      {row.is === 'open' ? (
        <button
          type="button"
          disabled={readOnly}
          aria-label={`${after}: ${t(needed ? 'outline.open' : 'ends_call')}`}
          onClick={() => row.way && pick(row.way)}
          className={cx(
            'flex min-h-8 items-center gap-2 rounded-sm px-2 text-13 hover:bg-hover',
            needed ? 'text-bad' : 'text-ink-3',
          )}
        >
          <Unplug aria-hidden className="size-4 shrink-0" />
          {t(needed ? 'outline.open' : 'ends_call')}
        </button>
      ) : (
        <button
          type="button"
          data-step={row.is === 'node' ? row.name : undefined}
          aria-current={chosen ? 'true' : undefined}
          onClick={() => row.name !== null && select([row.name], row.is === 'again')}
          className={cx(
            'flex min-h-8 min-w-0 items-center gap-2 rounded-sm px-2 py-1 text-left text-13 hover:bg-hover',
            chosen && 'bg-brand-bg',
            row.is === 'again' && 'text-ink-2',
          )}
        >
          {row.is === 'again' ? (
            <CornerDownRight aria-hidden className="size-4 shrink-0 text-ink-3" />
          ) : (
            <Icon
              aria-hidden
              className={cx('size-4 shrink-0 text-ink-2', trail?.nodes.has(row.name ?? '') && 'text-brand')}
            />
          )}
          {lead && <span className="sr-only">{lead} </span>}
          <span className="shrink-0 font-medium">{nodeName(node, words)}</span>
          {row.is === 'node' && node && (
            <span className="max-w-[40ch] truncate text-12 text-ink-3">
              {kind?.summary(node.settings, { t: words, nameOf, graph })}
            </span>
          )}
          {row.is === 'node' && worst === 'error' && (
            <CircleAlert role="img" aria-label={t('has_errors')} className="size-4 shrink-0 text-bad" />
          )}
          {row.is === 'node' && worst === 'warning' && (
            <TriangleAlert role="img" aria-label={t('has_warnings')} className="size-4 shrink-0 text-warn" />
          )}
        </button>
      )}
      {row.is !== 'open' && insert}
    </div>
  );
}
