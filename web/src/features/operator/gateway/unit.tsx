/** One box of the rack: its name, its face as it looks, and the sum in words. */
import { Link } from '@tanstack/react-router';
import { Cable, Network, Server, Smartphone } from 'lucide-react';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { Gateway, LiveCall } from '../../../api/types';
import { paths } from '../../../paths';
import { Badge, StatusDot } from '../../../ui/badge';
import { cx } from '../../../ui/cx';
import { E1Face } from './face-e1';
import { SimFace } from './face-sim';
import { ChannelsFace, SocketFace } from './face-sockets';
import { countStates, LIGHT_TONE } from './view';
import { lightReason, type Say } from './words';

const ICON = { analog: Cable, trunk: Server, wireless: Smartphone, sip: Network };

export type FaceProps = {
  gateway: Gateway;
  calls: readonly LiveCall[];
  now: number;
  selected: string | null;
  onSelect: (port: string) => void;
};

export function GatewayUnit({
  actions,
  titled = true,
  ...face
}: FaceProps & { actions?: ReactNode; titled?: boolean }) {
  const { t } = useTranslation('operator');
  const { gateway } = face;
  const Icon = ICON[gateway.kind];
  const [first] = gateway.gateway_ports;
  return (
    <section aria-label={gateway.label} className="rounded-lg border border-line bg-panel">
      <div className="flex min-h-13 flex-wrap items-center gap-x-3 gap-y-1 px-4 py-2">
        <Icon aria-hidden className="size-4 text-ink-2" />
        <h2 className="text-16 font-semibold tracking-tight">
          {titled ? (
            <Link to={paths.operatorGateway(gateway.id)} className="hover:underline">
              {gateway.label}
            </Link>
          ) : (
            gateway.label
          )}
        </h2>
        <span className="text-13 text-ink-3">
          {first &&
            t('unit.sub', {
              kind: t(`kind.${gateway.kind}`),
              ports: t(`ports.${first.kind}`, { count: gateway.gateway_ports.length }),
            })}
        </span>
        <span className="ml-auto flex items-center gap-3">
          <span className="num text-13 text-ink-2 max-xl:hidden">
            {[
              gateway.host,
              gateway.latency_ms !== null && gateway.latency_ms !== undefined && latency(gateway.latency_ms),
            ]
              .filter(Boolean)
              .join(', ')}
          </span>
          <LightBadge gateway={gateway} />
          {actions}
        </span>
      </div>
      <div className="face mx-4">
        <Leds gateway={gateway} />
        <Face {...face} />
      </div>
      <Sum {...face} />
    </section>
  );
}

/** A round trip; one below the clock's grain is not nothing. */
const latency = (ms: number) => (ms < 1 ? '<1 ms' : `${ms} ms`);

export function LightBadge({ gateway }: { gateway: Gateway }) {
  const { t } = useTranslation('operator');
  const tone = LIGHT_TONE[gateway.light];
  return (
    <Badge tone={tone}>
      <span
        aria-hidden
        className={cx('size-2 rounded-full', tone === 'plain' ? 'ring-2 ring-line-strong ring-inset' : 'bg-current')}
      />
      {gateway.light === 'online' && gateway.connection === 'registers_with_us'
        ? t('light.registered')
        : t(`light.${gateway.light}`)}
    </Badge>
  );
}

function Face(props: FaceProps) {
  switch (props.gateway.gateway_ports[0]?.kind) {
    case 'fxo_port':
      return <SocketFace {...props} />;
    case 'e1_span':
      return <E1Face {...props} />;
    case 'sim_slot':
      return <SimFace {...props} />;
    default:
      return <ChannelsFace {...props} />;
  }
}

/** Three lights as on the box: reachable, registered, alarm. */
function Leds({ gateway }: { gateway: Gateway }) {
  const { t } = useTranslation('operator');
  const up = gateway.light === 'online';
  const fault = gateway.light === 'fault' || gateway.gateway_ports.some((port) => port.light === 'fault');
  const lights = [
    ['sip', up ? 'bg-ok' : gateway.light === 'unknown' ? null : 'bg-bad'],
    ['line', gateway.gateway_ports.some((port) => port.light === 'online') ? 'bg-ok' : null],
    ['alarm', fault ? 'bg-bad' : null],
  ] as const;
  return (
    <div
      aria-hidden
      className="grid w-15 flex-none gap-1 text-12 leading-[14px] font-medium text-ink-2 max-md:flex max-md:w-auto max-md:gap-4"
    >
      {lights.map(([name, colour]) => (
        <div key={name} className="flex items-center gap-1.5">
          <i className={cx('block size-1.5 rounded-full', colour ?? 'bg-line-strong opacity-50')} />
          {t(`leds.${name}`)}
        </div>
      ))}
    </div>
  );
}

function Sum({ gateway, calls }: FaceProps) {
  const { t } = useTranslation('operator');
  const trunk = gateway.gateway_ports[0]?.kind === 'e1_span' || gateway.gateway_ports[0]?.kind === 'sip_channels';
  const used = gateway.gateway_ports.reduce((sum, port) => sum + port.in_use, 0);
  const channels = gateway.gateway_ports.reduce((sum, port) => sum + port.channels, 0);
  return (
    <div className="num flex min-h-11 flex-wrap items-center gap-x-4 gap-y-1 px-4 py-2 text-13 text-ink-2">
      {trunk ? (
        <>
          <span className="font-medium text-ink">{t('unit.in_use', { n: used, m: channels })}</span>
          {(['inbound', 'outbound', 'ringing', 'free', 'blocked'] as const).map((state) => (
            <span key={state} className="inline-flex items-center gap-1.5 text-12">
              <i aria-hidden className="slot !h-3.5 w-2.5 !rounded-[2px]" data-state={state} />
              {t(`slot.${state}`)}
            </span>
          ))}
        </>
      ) : (
        countStates(gateway, calls).map(([state, count]) => (
          <span key={state} className={cx((state === 'fault' || state === 'offline') && 'font-medium text-bad')}>
            {t(`count.${state}`, { count })}
          </span>
        ))
      )}
      {gateway.light !== 'online' && (
        <StatusDot tone={LIGHT_TONE[gateway.light]} className="ml-auto min-w-0 whitespace-normal">
          {lightReason(gateway, t as Say)}
        </StatusDot>
      )}
    </div>
  );
}
