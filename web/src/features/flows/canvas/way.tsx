/** A way from an exit to a step, with a button in the middle that puts another step on it. */
import {
  BaseEdge,
  type Edge,
  EdgeLabelRenderer,
  type EdgeProps,
  getBezierPath,
  getSmoothStepPath,
} from '@xyflow/react';
import { Plus } from 'lucide-react';
import { memo } from 'react';
import { useTranslation } from 'react-i18next';
import { cx } from '../../../ui/cx';
import { useEditor } from '../context';

export type WayData = { from: string; exit: string; label: string; trail: boolean };
export type WayEdge = Edge<WayData, 'way'>;

export const WayLine = memo(function WayLine(props: EdgeProps<WayEdge>) {
  const { t } = useTranslation('flow-steps');
  const { pick, readOnly } = useEditor();
  const { data } = props;
  const back = props.targetY <= props.sourceY;
  const [path, x, y] = back
    ? getSmoothStepPath({ ...props, borderRadius: 16, offset: 24 })
    : getBezierPath({ ...props, curvature: 0.35 });
  return (
    <>
      <BaseEdge
        id={props.id}
        path={path}
        interactionWidth={18}
        style={{
          stroke: props.selected || data?.trail ? 'var(--brand)' : 'var(--line-strong)',
          strokeWidth: props.selected || data?.trail ? 2.5 : 1.5,
        }}
      />
      {!readOnly && data && (
        <EdgeLabelRenderer>
          <button
            type="button"
            aria-label={t('insert_on', { way: data.label })}
            title={t('insert_on', { way: data.label })}
            onClick={() => pick({ from: data.from, exit: data.exit })}
            style={{ transform: `translate(-50%, -50%) translate(${x}px, ${y}px)`, pointerEvents: 'all' }}
            className={cx(
              'nodrag nopan flow-insert absolute grid size-6 place-items-center rounded-full border border-line-strong bg-panel text-ink-2 hover:border-brand hover:text-brand focus-visible:opacity-100',
              !props.selected && 'opacity-0',
            )}
          >
            <Plus aria-hidden className="size-3.5" />
          </button>
        </EdgeLabelRenderer>
      )}
    </>
  );
});
