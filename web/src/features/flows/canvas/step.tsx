/** A step as it is drawn: its name, one line of what it does, and its exits side by side below. */
import { Handle, type Node, type NodeProps, Position } from '@xyflow/react';
import { CircleAlert, TriangleAlert } from 'lucide-react';
import { memo } from 'react';
import { useTranslation } from 'react-i18next';
import { cx } from '../../../ui/cx';
import { kindOf } from '../kinds';

export type StepData = {
  kind: string;
  name: string;
  summary: string;
  exits: { name: string; label: string; width: number; wired: boolean; needed: boolean }[];
  worst: 'error' | 'warning' | null;
  lost: boolean;
  ends: boolean;
  trail: 'here' | 'passed' | null;
};

export type StepNode = Node<StepData, 'step'>;

const joint = 'flow-joint';

export const Step = memo(function Step({ data, selected }: NodeProps<StepNode>) {
  const { t } = useTranslation('flow-steps');
  const Icon = kindOf(data.kind)?.icon ?? CircleAlert;
  return (
    <div
      data-trail={data.trail ?? undefined}
      className={cx(
        'flow-step flex h-full flex-col rounded-[10px] border border-line-strong bg-panel text-13',
        data.lost && 'border-dashed',
        data.worst === 'error' && 'border-bad',
        data.trail === 'passed' && 'border-brand',
        data.trail === 'here' && 'border-ok ring-3 ring-ok-bg',
        selected && 'border-brand ring-3 ring-brand-bg',
      )}
    >
      {data.kind !== 'start' && <Handle type="target" position={Position.Top} className={joint} />}
      <div className="flex min-h-0 grow flex-col justify-center px-2.5">
        <div className="flex items-center gap-2 font-semibold">
          <Icon aria-hidden className="size-4 shrink-0 text-ink-2" />
          <span className="min-w-0 grow truncate">{data.name}</span>
          {data.worst === 'error' && (
            <CircleAlert role="img" aria-label={t('has_errors')} className="size-4 shrink-0 text-bad" />
          )}
          {data.worst === 'warning' && (
            <TriangleAlert role="img" aria-label={t('has_warnings')} className="size-4 shrink-0 text-warn" />
          )}
        </div>
        {data.summary && <p className="truncate pl-6 text-12 text-ink-2">{data.summary}</p>}
      </div>
      {data.exits.length > 0 ? (
        <div className="flex h-8 shrink-0 border-t border-line text-12 font-medium text-ink-2">
          {data.exits.map((exit) => (
            <span
              key={exit.name}
              style={{ flex: `${exit.width} 0 0` }}
              className="relative grid min-w-0 place-items-center border-line not-first:border-l"
            >
              <span className={cx('max-w-full truncate px-1.5', !exit.wired && exit.needed && 'text-bad')}>
                {exit.label}
              </span>
              <Handle
                type="source"
                id={exit.name}
                position={Position.Bottom}
                className={cx(joint, !exit.wired && exit.needed && 'flow-joint-open')}
              />
            </span>
          ))}
        </div>
      ) : (
        !data.ends && <Handle type="source" id="next" position={Position.Bottom} className={joint} />
      )}
    </div>
  );
});
