/** The legs of a call along time; the same facts as the list of moments, as a picture. */
import { useTranslation } from 'react-i18next';
import type { Schemas } from '../../api/types';
import { clock } from '../../i18n/format';
import { cx } from '../../ui/cx';
import { lengthOf, type Mark, type Phase, type Row, rowsOf, ticksOf } from './chart';
import { legName } from './legs';

const LINE: Record<Phase, string> = {
  tries: 'border-ink-3 border-dotted',
  rings: 'border-info border-dashed',
  talks: 'border-ok border-solid',
  holds: 'border-warn border-dashed',
  failed: 'border-bad border-dotted',
};

export function TimelineChart({ call, now }: { call: Schemas['CallDetail']; now: number }) {
  const { t } = useTranslation('calls');
  const whole = lengthOf(call, now);
  const percent = (at: number) => `${Math.min(100, Math.max(0, (at / whole) * 100))}%`;
  const rows = rowsOf(call, now);
  return (
    <section aria-label={t('timeline')} className="border-t border-line">
      <div className="grid grid-cols-[150px_minmax(0,1fr)] max-sm:grid-cols-[96px_minmax(0,1fr)]">
        <span />
        <div className="num relative mr-8 h-8 border-l border-line text-12 text-ink-3" aria-hidden>
          {ticksOf(whole).map((tick) => (
            <span key={tick} className="absolute top-2 -translate-x-1/2" style={{ left: percent(tick) }}>
              {clock(tick)}
            </span>
          ))}
        </div>
        {call.legs.map((leg) => {
          const row = rows.find((one) => one.leg === leg.id);
          return (
            <div key={leg.id} className="contents">
              <div className="min-w-0 border-t border-line py-2 pr-2 pl-6 max-sm:pl-3">
                <p className="truncate text-13 font-medium">{legName(leg, call.summary)}</p>
                <p className="truncate text-12 text-ink-3">
                  {t(`kind.${call.flow && leg.kind === 'service' ? 'flow' : leg.kind}`)}
                </p>
              </div>
              <div className="border-t border-l border-line">{row && <LegLine row={row} percent={percent} />}</div>
            </div>
          );
        })}
      </div>
    </section>
  );
}

function LegLine({ row, percent }: { row: Row; percent: (at: number) => string }) {
  const { t } = useTranslation('calls');
  const label = row.spans.map((span) => `${t(`phase.${span.phase}`)} ${clock(span.to - span.from)}`).join(', ');
  return (
    <div role="img" aria-label={label} className="relative mr-8 h-14">
      {row.spans.map((span) => (
        <span
          key={`${span.phase}${span.from}`}
          title={`${t(`phase.${span.phase}`)} ${clock(span.to - span.from)}`}
          className={cx('absolute top-1/2 border-t-[2.5px]', LINE[span.phase])}
          style={{ left: percent(span.from), width: `calc(${percent(span.to)} - ${percent(span.from)})` }}
        />
      ))}
      <Ends row={row} percent={percent} />
      {row.marks.map((mark) => (
        <MarkPoint key={`${mark.kind}${mark.at}`} mark={mark} left={percent(mark.at)} />
      ))}
    </div>
  );
}

function Ends({ row, percent }: { row: Row; percent: (at: number) => string }) {
  const talks = row.spans.filter((span) => span.phase === 'talks' || span.phase === 'holds');
  const [first, last] = [talks[0], talks.at(-1)];
  if (!first || !last) return null;
  return [first.from, last.to].map((at) => (
    <span
      key={at}
      className="absolute top-1/2 size-2.5 -translate-x-1/2 -translate-y-[4px] rounded-full border-2 border-ok bg-panel shadow-[inset_0_0_0_1px_var(--panel),inset_0_0_0_4px_var(--ok)]"
      style={{ left: percent(at) }}
    />
  ));
}

function MarkPoint({ mark, left }: { mark: Mark; left: string }) {
  const { t } = useTranslation('calls');
  if (mark.kind === 'first_audio' || mark.kind === 'early_media') return null;
  return (
    <span
      className={cx(
        'absolute top-1.5 -translate-x-1/2 text-12 font-medium',
        mark.kind === 'digit' ? 'text-ink-2' : 'text-bad',
      )}
      style={{ left }}
      title={t(`moment.${mark.kind}`, { digit: mark.text, label: mark.text, party: '', seconds: '' })}
    >
      {mark.kind === 'digit' ? mark.text : '!'}
    </span>
  );
}
