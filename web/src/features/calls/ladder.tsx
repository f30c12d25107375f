/** The SIP messages of a call as a ladder: a column for each who speaks, an arrow for each message. */
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, ok } from '../../api/client';
import { keys } from '../../api/query';
import type { Schemas } from '../../api/types';
import { Badge } from '../../ui/badge';
import { Button } from '../../ui/button';
import { CopyButton } from '../../ui/copy-field';
import { cx } from '../../ui/cx';
import { EmptyState, ErrorState, Skeleton } from '../../ui/state';
import { columnsOf, type Step, stepsOf } from './ladder-view';
import { legName } from './legs';

type Ladder = Schemas['Ladder'];

const TONE: Record<Step['tone'], string> = {
  request: 'text-ink',
  progress: 'text-info',
  success: 'text-ok',
  challenge: 'text-ink-2',
  failure: 'text-bad',
};

export function LadderDiagram({ ladder, name }: { ladder: Ladder; name: (leg: string) => string }) {
  const { t } = useTranslation('ladder');
  const [chosen, choose] = useState<number | null>(null);
  const columns = columnsOf(ladder);
  const steps = stepsOf(ladder);
  const nameOf = (column: number) => {
    const leg = columns[column];
    return leg ? name(leg) : t('patchbay');
  };
  if (steps.length === 0) return <EmptyState title={t('none')}>{t('none_text')}</EmptyState>;
  const message = chosen === null ? undefined : ladder.messages[chosen];
  const grid = { gridTemplateColumns: `repeat(${columns.length}, minmax(120px, 1fr))` };
  return (
    <div className="grid grid-cols-[minmax(0,1fr)_minmax(0,1fr)] gap-4 max-xl:grid-cols-1">
      <div className="overflow-x-auto rounded-lg border border-line bg-panel">
        <div style={{ minWidth: columns.length * 120 }}>
          <div className="grid border-b border-line" style={grid} aria-hidden>
            {columns.map((leg, column) => (
              <Head key={leg ?? 'us'} ladder={ladder} leg={leg} name={nameOf(column)} />
            ))}
          </div>
          <ol className="relative py-2">
            <div aria-hidden className="pointer-events-none absolute inset-0 grid" style={grid}>
              {columns.map((leg) => (
                <span key={leg ?? 'us'} className="mx-auto h-full w-px bg-line" />
              ))}
            </div>
            {steps.map((step) => (
              <li key={step.index} className="relative">
                <Arrow
                  step={step}
                  columns={columns.length}
                  pressed={chosen === step.index}
                  label={t('from_to', {
                    title: step.title,
                    from: nameOf(step.from),
                    to: nameOf(step.to),
                    at: step.at,
                  })}
                  onPress={() => choose(chosen === step.index ? null : step.index)}
                />
              </li>
            ))}
          </ol>
        </div>
        {ladder.missing > 0 && (
          <p className="border-t border-line px-4 py-2 text-13 text-warn">{t('missing', { count: ladder.missing })}</p>
        )}
      </div>
      {message && <MessageText message={message} />}
    </div>
  );
}

function Head({ ladder, leg, name }: { ladder: Ladder; leg: string | null; name: string }) {
  const { t } = useTranslation('ladder');
  const lane = ladder.lanes.find((one) => one.leg === leg);
  return (
    <div className="min-w-0 px-2 py-2 text-center">
      <p className="truncate text-13 font-semibold" title={name}>
        {name}
      </p>
      <p className="truncate text-12 text-ink-3">{lane ? `${t(lane.role)} · ${t(`kinds.${lane.kind}`)}` : 'SIP'}</p>
    </div>
  );
}

/** The ladder of one call of the company, fetched when it is asked for. */
export function CallLadder({ call }: { call: Schemas['CallDetail'] }) {
  const { t } = useTranslation('ladder');
  const [open, setOpen] = useState(false);
  const { id, ended_at } = call.summary;
  const query = useQuery({
    queryKey: keys.callLadder(id),
    queryFn: () => ok(api.GET('/v1/calls/{id}/ladder', { params: { path: { id } } })),
    enabled: open,
    refetchInterval: ended_at ? false : 2_000,
  });
  const name = (leg: string) => {
    const lane = query.data?.lanes.find((one) => one.leg === leg);
    const known = call.legs.find((one) => one.id === leg);
    return lane?.label ?? (known ? legName(known, call.summary) : t(lane?.role ?? 'caller'));
  };
  return (
    <section className="border-t border-line px-6 py-5" aria-label={t('title')}>
      <div className="mb-3 flex flex-wrap items-center gap-3">
        <h2 className="text-14 font-semibold">{t('title')}</h2>
        {!open && (
          <Button size="sm" onClick={() => setOpen(true)}>
            {t('show')}
          </Button>
        )}
      </div>
      {open && (
        <>
          <p className="mb-3 max-w-[68ch] text-13 text-ink-2">
            {t('intro')} {query.data?.lanes.some((lane) => lane.kind === 'gateway') && t('hidden')}
          </p>
          {query.isPending && <Skeleton className="h-40 w-full" />}
          {query.error && <ErrorState error={query.error} onRetry={() => void query.refetch()} />}
          {query.data && <LadderDiagram ladder={query.data} name={name} />}
        </>
      )}
    </section>
  );
}

/** One message; the line runs between the middles of two columns. */
function Arrow(props: { step: Step; columns: number; pressed: boolean; label: string; onPress: () => void }) {
  const { t } = useTranslation('ladder');
  const { step } = props;
  const middle = (column: number) => ((column + 0.5) / props.columns) * 100;
  const [left, right] = [Math.min(step.from, step.to), Math.max(step.from, step.to)];
  const rightwards = step.to > step.from;
  return (
    <button
      type="button"
      aria-pressed={props.pressed}
      onClick={props.onPress}
      className={cx(
        'relative block h-10 w-full hover:bg-panel-2 focus-visible:outline-2 focus-visible:-outline-offset-2',
        props.pressed && 'bg-panel-2',
      )}
    >
      <span className="sr-only">{props.label}</span>
      <span aria-hidden className="num absolute top-1/2 left-1.5 -translate-y-1/2 text-12 text-ink-3">
        {step.at}
      </span>
      <span
        aria-hidden
        className={cx('absolute inset-y-0 flex flex-col items-center justify-center', TONE[step.tone])}
        style={{ left: `${middle(left)}%`, width: `${middle(right) - middle(left)}%` }}
      >
        <span className="flex max-w-full items-center gap-1 px-2 text-12 leading-4 font-medium">
          <span className="truncate">{step.title}</span>
          {step.sdp && (
            <span title={t('with_sdp')} className="rounded-sm border border-current px-0.5 text-12 leading-3">
              SDP
            </span>
          )}
          {step.repeated && <span className="text-12 text-warn">{t('repeated')}</span>}
        </span>
        <svg
          aria-hidden="true"
          className={cx('h-2 w-full', step.repeated && 'opacity-60')}
          preserveAspectRatio="none"
          viewBox="0 0 100 8"
        >
          <line
            x1="0"
            x2="100"
            y1="4"
            y2="4"
            stroke="currentColor"
            strokeWidth="1.5"
            strokeDasharray={step.tone === 'progress' ? '4 3' : undefined}
            vectorEffect="non-scaling-stroke"
          />
        </svg>
        <span
          aria-hidden
          className={cx(
            'absolute bottom-[9px] size-0 border-y-4 border-y-transparent',
            rightwards ? 'right-0 border-l-7 border-l-current' : 'left-0 border-r-7 border-r-current',
          )}
        />
      </span>
    </button>
  );
}

function MessageText({ message }: { message: Ladder['messages'][number] }) {
  const { t } = useTranslation('ladder');
  return (
    <section
      aria-label={t('message')}
      aria-live="polite"
      className="sticky top-16 flex max-h-[calc(100dvh-6rem)] min-w-0 flex-col self-start rounded-lg border border-line bg-panel"
    >
      <header className="flex items-center gap-2 border-b border-line py-1.5 pr-2 pl-4">
        <h3 className="min-w-0 truncate text-13 font-semibold">{message.title}</h3>
        <Badge>{message.transport.toUpperCase()}</Badge>
        <span className="min-w-0 truncate text-12 text-ink-3">{message.peer}</span>
        <span className="relative ml-auto">
          <CopyButton what={t('message')} text={message.text} />
        </span>
      </header>
      <pre
        // A message can be longer than the page is high: the keyboard must be able to scroll it.
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region is reachable (WCAG 2.1.1).
        tabIndex={0}
        className="overflow-auto px-4 py-3 font-mono text-12 leading-4.5 whitespace-pre-wrap break-all"
      >
        {message.text}
      </pre>
    </section>
  );
}
