import { TriangleAlert } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { clock, phone } from '../../../i18n/format';
import { Badge } from '../../../ui/badge';
import { cx } from '../../../ui/cx';
import type { FaceProps } from './unit';
import { PORT_TONE, viewPort } from './view';
import { type Say, simFoot } from './words';

/** SIM slots as the cards in them; no line means no card. */
export function SimFace({ gateway, calls, now, selected, onSelect }: FaceProps) {
  const { t } = useTranslation('operator');
  const ports = [...gateway.gateway_ports].sort((one, other) => one.ordinal - other.ordinal);
  return (
    <div className="grid min-w-0 flex-1 grid-cols-4 gap-3 max-lg:grid-cols-2">
      {ports.map((port) => {
        const { state, since } = viewPort(port, calls);
        const [first] = port.numbers;
        const empty = state === 'no_line';
        return (
          <button
            key={port.id}
            type="button"
            aria-pressed={selected === port.id}
            onClick={() => onSelect(port.id)}
            className="rounded-sm text-left aria-pressed:outline-2 aria-pressed:outline-offset-3 aria-pressed:outline-brand"
          >
            <span
              className={cx(
                'num grid min-h-[104px] gap-0.5 rounded-sm border px-3 py-2.5 text-12',
                empty
                  ? 'place-content-center justify-items-center border-dashed border-line-strong text-center text-ink-2'
                  : 'sim content-start border-line-strong bg-panel',
              )}
            >
              <span className="flex items-center gap-2">
                <b className="font-semibold text-ink">{port.ordinal}</b>
                {!empty && (
                  <Badge tone={PORT_TONE[state] === 'plain' ? 'line' : PORT_TONE[state]}>
                    {PORT_TONE[state] === 'bad' && <TriangleAlert aria-hidden />}
                    {t(`port.${state}`)}
                    {since !== null && ` ${clock(now - since)}`}
                  </Badge>
                )}
              </span>
              {empty ? (
                t('sim.none')
              ) : (
                <>
                  <span className="truncate font-medium text-ink">
                    {first ? phone(first.e164) : t('sim.no_number')}
                  </span>
                  <span className="truncate text-ink-2">{port.line?.carrier ?? t('inspect.no_line')}</span>
                  <span className={cx('truncate', port.last_error ? 'text-warn' : 'text-ink-3')}>
                    {simFoot(port, t as Say)}
                  </span>
                </>
              )}
            </span>
          </button>
        );
      })}
    </div>
  );
}
