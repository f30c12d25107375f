/** The seat's last calls and the colleagues, each one click from a call. */
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Phone, PhoneIncoming, PhoneMissed, PhoneOutgoing } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, ok } from '../../api/client';
import { keys } from '../../api/query';
import type { Schemas } from '../../api/types';
import { useMe } from '../../hooks';
import { clock, recently } from '../../i18n/format';
import { paths } from '../../paths';
import { usePhone } from '../../softphone/context';
import { may } from '../../softphone/machine';
import { IconButton } from '../../ui/button';
import { cx } from '../../ui/cx';
import { EmptyState } from '../../ui/state';
import { softphoneQuery } from './idle';
import { readable } from './numbers';

type Summary = Schemas['CallSummary'];

export function useMyCalls() {
  const seat = useMe().seat?.id;
  const filter = { seat: seat ?? '', limit: 50 };
  return useQuery({
    queryKey: keys.calls(filter),
    queryFn: () => ok(api.GET('/v1/calls', { params: { query: filter } })),
    enabled: Boolean(seat),
  });
}

export function Recent() {
  const { t } = useTranslation('desk');
  const [tab, setTab] = useState<'recent' | 'team'>('recent');
  return (
    <section className="min-w-0 grow">
      <div role="tablist" aria-label={t('lists')} className="flex gap-5 border-b border-line px-6">
        {(['recent', 'team'] as const).map((one) => (
          <button
            key={one}
            type="button"
            role="tab"
            aria-selected={tab === one}
            onClick={() => setTab(one)}
            className={cx('h-10 text-13 font-medium text-ink-2', tab === one && 'border-b-2 border-ink text-ink')}
          >
            {t(`tab.${one}`)}
          </button>
        ))}
      </div>
      {tab === 'recent' ? <RecentCalls /> : <Team />}
    </section>
  );
}

/** Who the other side of a call was, as seen from a seat. */
export function otherSide(call: Summary): { number: string; name: string | null } {
  return call.direction === 'inbound'
    ? { number: call.caller, name: call.caller_name ?? null }
    : { number: call.called, name: null };
}

function RecentCalls() {
  const { t } = useTranslation('desk');
  const { data, isPending } = useMyCalls();
  const calls = (data?.items ?? []).filter((call) => call.ended_at).slice(0, 12);
  if (isPending) return <Rows />;
  if (calls.length === 0) return <EmptyState title={t('no_calls')}>{t('no_calls_note')}</EmptyState>;
  return (
    <ul>
      {calls.map((call) => (
        <RecentCall key={call.id} call={call} />
      ))}
    </ul>
  );
}

function RecentCall({ call }: { call: Summary }) {
  const { t } = useTranslation('desk');
  const other = otherSide(call);
  const missed = call.direction === 'inbound' && !call.answered_at;
  const Icon = missed ? PhoneMissed : call.direction === 'inbound' ? PhoneIncoming : PhoneOutgoing;
  return (
    <Row
      icon={<Icon aria-hidden className={cx('size-4', missed ? 'text-bad' : 'text-ink-3')} />}
      title={other.name ?? readable(other.number)}
      to={paths.call(call.id)}
      note={call.answered_at ? t('talked', { time: clock(call.talk_ms) }) : t(`cause.${call.cause ?? 'no_answer'}`)}
      when={recently(call.started_at, Date.now())}
      number={other.number}
    />
  );
}

function Team() {
  const { t } = useTranslation('desk');
  const { data, isPending } = useQuery(softphoneQuery);
  if (isPending) return <Rows />;
  const people = data?.directory ?? [];
  if (people.length === 0) return <EmptyState title={t('no_colleagues')}>{t('no_colleagues_note')}</EmptyState>;
  return (
    <ul>
      {people.map((one) => (
        <Row
          key={one.extension}
          icon={
            <span aria-hidden className={cx('mx-1 size-2 rounded-full', one.online ? 'bg-ok' : 'bg-line-strong')} />
          }
          title={one.name}
          note={t(one.online ? 'online' : 'offline')}
          when={one.extension}
          number={one.extension}
        />
      ))}
    </ul>
  );
}

function Row(props: { icon: ReactNode; title: string; to?: string; note: string; when: string; number: string }) {
  const { t } = useTranslation('desk');
  const { state, phone } = usePhone();
  return (
    <li className="flex h-10 items-center gap-3 border-b border-line pr-4 pl-6 text-13 hover:bg-panel-2">
      {props.icon}
      <span className="min-w-0 flex-2 truncate font-medium">
        {props.to ? (
          <Link to={props.to} className="hover:underline">
            {props.title}
          </Link>
        ) : (
          props.title
        )}
      </span>
      <span className="min-w-0 flex-2 truncate text-ink-2 max-sm:hidden">{props.note}</span>
      <span className="num shrink-0 text-ink-3">{props.when}</span>
      <IconButton
        label={t('call_someone', { who: props.title })}
        reason={may.dial(state) ? null : t('not_ready')}
        onClick={() => void phone?.dial(props.number)}
      >
        <Phone aria-hidden className="size-4" />
      </IconButton>
    </li>
  );
}

function Rows() {
  return (
    <ul aria-hidden>
      {[64, 48, 56].map((width) => (
        <li key={width} className="flex h-10 items-center border-b border-line px-6">
          <span className="h-3 animate-skeleton rounded-sm bg-hover" style={{ width: `${width}%` }} />
        </li>
      ))}
    </ul>
  );
}
