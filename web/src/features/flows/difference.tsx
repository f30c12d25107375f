/** What is different between two versions, in words. */
import { Minus, PencilLine, Plus } from 'lucide-react';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import type { Words } from './kind';
import { exitName, nodeName } from './kinds';
import { type Change, diff, sizeOf } from './model/diff';
import type { Graph } from './model/graph';

export function Difference({ from, to }: { from: Graph; to: Graph }) {
  const { t } = useTranslation('flow-steps');
  const words = t as unknown as Words;
  const found = useMemo(() => diff(from, to), [from, to]);
  if (sizeOf(found) === 0) return <p className="text-13 text-ink-2">{t('diff.same')}</p>;
  return (
    <ul className="flex flex-col gap-1.5 text-13">
      {found.added.map((name) => (
        <li key={name} className="flex gap-2">
          <Plus role="img" aria-label={t('diff.added')} className="mt-px size-4 shrink-0 text-ok" />
          <span className="font-medium">{nodeName(to.nodes[name], words)}</span>
        </li>
      ))}
      {found.removed.map((name) => (
        <li key={name} className="flex gap-2">
          <Minus role="img" aria-label={t('diff.removed')} className="mt-px size-4 shrink-0 text-bad" />
          <span className="font-medium">{nodeName(from.nodes[name], words)}</span>
        </li>
      ))}
      {found.changed.map((change) => (
        <li key={change.name} className="flex gap-2">
          <PencilLine role="img" aria-label={t('diff.changed')} className="mt-px size-4 shrink-0 text-warn" />
          <span>
            <span className="font-medium">{nodeName(to.nodes[change.name], words)}</span>
            <span className="text-ink-2">: {inWords(change, from, to, words)}</span>
          </span>
        </li>
      ))}
      {found.flow.map((what) => (
        <li key={what} className="flex gap-2">
          <PencilLine role="img" aria-label={t('diff.changed')} className="mt-px size-4 shrink-0 text-warn" />
          <span>{t(`diff.flow_${what}`)}</span>
        </li>
      ))}
    </ul>
  );
}

function inWords(change: Change, from: Graph, to: Graph, t: Words): string {
  const node = to.nodes[change.name];
  const parts = [
    change.kind && t('diff.kind'),
    change.label && t('diff.name'),
    change.settings.length > 0 && t('diff.settings'),
    ...change.exits.map((exit) => {
      const name = node ? exitName(node, exit.exit, t) : exit.exit;
      const target = exit.to === null ? t('diff.nowhere') : nodeName(to.nodes[exit.to] ?? from.nodes[exit.to], t);
      return `${name} → ${target}`;
    }),
  ];
  return parts.filter(Boolean).join(', ');
}
