import { useTranslation } from 'react-i18next';
import type { GatewayPort, LiveCall } from '../../../api/types';
import type { FaceProps } from './unit';
import { e1Frame, viewSlots } from './view';

const MARKED = new Set([0, 1, 5, 10, 16, 20, 25, 31]);

/** An E1 span as its frame: 32 timeslots, 30 of them for calls. */
export function E1Face({ gateway, calls, selected, onSelect }: FaceProps) {
  return (
    <div className="flex min-w-0 flex-1 flex-col gap-3">
      {gateway.gateway_ports.map((port) => (
        <Span
          key={port.id}
          port={port}
          calls={calls}
          selected={selected === port.id}
          onSelect={() => onSelect(port.id)}
        />
      ))}
    </div>
  );
}

function Span(props: { port: GatewayPort; calls: readonly LiveCall[]; selected: boolean; onSelect: () => void }) {
  const { t } = useTranslation('operator');
  const { port } = props;
  const slots = viewSlots(port, props.calls);
  const count = (state: string) => slots.filter((one) => one === state).length;
  const wide = port.channels > 30;
  const frame = wide ? slots : e1Frame(slots);
  const words = t('slots_words', {
    total: slots.length,
    inbound: count('inbound'),
    outbound: count('outbound'),
    ringing: count('ringing'),
    free: count('free'),
  });
  return (
    <button
      type="button"
      aria-pressed={props.selected}
      onClick={props.onSelect}
      className="block w-full min-w-0 rounded-sm p-0.5 text-left aria-pressed:outline-2 aria-pressed:outline-offset-4 aria-pressed:outline-brand"
    >
      <span className="sr-only">{`${port.label}: ${words}`}</span>
      {/* On a phone the frame stands in two rows of sixteen. */}
      <span
        aria-hidden
        className="grid grid-cols-[repeat(32,minmax(0,1fr))] gap-x-[3px] gap-y-2 max-md:grid-cols-[repeat(16,minmax(0,1fr))]"
      >
        {frame.map((state, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a timeslot is its place.
          <span key={index} className="block min-w-0">
            <span className="slot" data-state={state}>
              {state === 'sync' ? 'SYNC' : state === 'signalling' ? 'D' : null}
            </span>
            {!wide && (
              <span className="num mt-0.5 block h-3.5 text-center text-12 leading-[14px] text-ink-3">
                {MARKED.has(index) ? index : ''}
              </span>
            )}
          </span>
        ))}
      </span>
    </button>
  );
}
