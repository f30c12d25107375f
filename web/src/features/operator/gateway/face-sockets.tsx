import { useTranslation } from 'react-i18next';
import { clock } from '../../../i18n/format';
import { cx } from '../../../ui/cx';
import type { FaceProps } from './unit';
import { type PortState, viewPort, viewSlots } from './view';

const WORD: Partial<Record<PortState, string>> = {
  in_call: 'text-ok',
  ringing: 'text-info',
  fault: 'text-bad',
  offline: 'text-bad',
};

/** Sockets in two rows; a coloured plug is a line, bare contacts mean no line, a red ring a fault. */
export function SocketFace({ gateway, calls, now, selected, onSelect }: FaceProps) {
  const { t } = useTranslation('operator');
  const ports = [...gateway.gateway_ports].sort((one, other) => one.ordinal - other.ordinal);
  return (
    <div
      className={cx(
        'grid min-w-0 flex-1 grid-cols-4 gap-x-1 gap-y-4 lg:grid-cols-8',
        // Odd sockets above even ones, as the boxes have them.
        ports.length > 8 && 'lg:auto-cols-fr lg:grid-flow-col lg:grid-cols-none lg:grid-rows-2',
      )}
    >
      {ports.map((port) => {
        const { state, since } = viewPort(port, calls);
        const word = since !== null ? clock(now - since) : t(`port.${state}`);
        return (
          <button
            key={port.id}
            type="button"
            aria-pressed={selected === port.id}
            onClick={() => onSelect(port.id)}
            className="grid w-[calc(100%-8px)] grid-cols-[32px_minmax(0,1fr)] items-center gap-1.5 rounded-sm text-left aria-pressed:outline-2 aria-pressed:outline-offset-3 aria-pressed:outline-brand max-xl:grid-cols-1 max-xl:justify-items-center max-xl:gap-1 max-xl:text-center"
          >
            <span className="sr-only">{t(`ports_one.${port.kind}`, { n: port.ordinal })}</span>
            <span
              className="sock"
              data-plug={state === 'no_line' || state === 'fault' ? undefined : state}
              data-ring={state === 'fault' || state === 'offline' || undefined}
            />
            <span className="num min-w-0 text-12 leading-[14px]">
              <span aria-hidden className="block font-semibold">
                {port.ordinal}
              </span>
              <span className={cx('block whitespace-nowrap text-ink-2', WORD[state])}>{word}</span>
            </span>
          </button>
        );
      })}
    </div>
  );
}

/** SIP channels have no socket: a bar per channel. */
export function ChannelsFace({ gateway, calls, selected, onSelect }: FaceProps) {
  const { t } = useTranslation('operator');
  return (
    <div className="flex min-w-0 flex-1 flex-col gap-3">
      {gateway.gateway_ports.map((port) => (
        <button
          key={port.id}
          type="button"
          aria-pressed={selected === port.id}
          onClick={() => onSelect(port.id)}
          className="rounded-sm text-left aria-pressed:outline-2 aria-pressed:outline-offset-4 aria-pressed:outline-brand"
        >
          <span className="mb-1 block text-12 font-medium text-ink-2">{port.label}</span>
          <span
            role="img"
            aria-label={t('unit.in_use', { n: port.in_use, m: port.channels })}
            className="flex flex-wrap gap-[3px]"
          >
            {viewSlots(port, calls).map((state, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: a channel is its place.
              <span key={index} className="slot !h-6 w-2.5" data-state={state} />
            ))}
          </span>
        </button>
      ))}
    </div>
  );
}
