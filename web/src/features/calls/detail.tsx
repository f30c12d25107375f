/** Explain this call: a sentence, the legs along time, what happened, how it sounded. */
import { useMutation, useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { PhoneOff } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { api, ok } from '../../api/client';
import { keys } from '../../api/query';
import type { Schemas } from '../../api/types';
import { can } from '../../can';
import { useMe } from '../../hooks';
import { clock, dateTime } from '../../i18n/format';
import { paths } from '../../paths';
import { useNow } from '../../softphone/context';
import { Badge } from '../../ui/badge';
import { Button } from '../../ui/button';
import { Cord } from '../../ui/cord';
import { Fact, Facts, Page } from '../../ui/page';
import { ErrorState, PageSkeleton } from '../../ui/state';
import { readable, titleOf } from '../desk/numbers';
import { Advice } from './causes';
import { CallLadder } from './ladder';
import { legName } from './legs';
import { Result } from './list';
import { Moments } from './moments';
import { QueueStays } from './queue-stays';
import { Recordings } from './recordings';
import { endedWell, sentence } from './sentence';
import { TimelineChart } from './timeline';
import { Way } from './way';

type Detail = Schemas['CallDetail'];

export function CallPage() {
  const { t } = useTranslation('calls');
  const { id } = useParams({ strict: false }) as { id: string };
  const query = useQuery({
    queryKey: keys.call(id),
    queryFn: () => ok(api.GET('/v1/calls/{id}', { params: { path: { id } } })),
  });
  const crumbs = [
    <Link key="calls" to={paths.calls} className="hover:underline">
      {t('title')}
    </Link>,
  ];
  const title = query.data ? dateTime(query.data.summary.started_at) : t('one');
  return (
    <Page
      title={title}
      crumbs={crumbs}
      bleed
      actions={query.data && !query.data.summary.ended_at && <HangUp id={id} />}
    >
      {query.isPending && <PageSkeleton />}
      {query.error && <ErrorState error={query.error} onRetry={() => void query.refetch()} className="m-6" />}
      {query.data && <Explained call={query.data} />}
    </Page>
  );
}

function HangUp({ id }: { id: string }) {
  const { t } = useTranslation('calls');
  const me = useMe();
  const end = useMutation({ mutationFn: () => ok(api.POST('/v1/calls/{id}/hang-up', { params: { path: { id } } })) });
  if (!can(me, 'calls:write')) return null;
  return (
    <Button look="danger" size="sm" busy={end.isPending} onClick={() => end.mutate()}>
      <PhoneOff aria-hidden className="size-4" />
      {t('end_call')}
    </Button>
  );
}

function Explained({ call }: { call: Detail }) {
  const { t, i18n } = useTranslation(['calls', 'desk']);
  const now = useNow(1_000, !call.summary.ended_at);
  const { summary } = call;
  return (
    <div className="grid min-h-full grid-cols-[minmax(0,1fr)_324px] max-lg:grid-cols-1">
      <div className="min-w-0 bg-panel">
        <header className="px-6 pt-6 pb-5">
          <div className="flex flex-wrap items-center gap-x-3 gap-y-2">
            <span className="text-20 font-semibold tracking-tight">
              {summary.caller_name || readable(summary.caller)}
            </span>
            <Cord state={summary.answered_at ? 'talking' : summary.ended_at ? 'failed' : 'ringing'} />
            <span className="text-16">{titleOf({ name: null, number: summary.called }, t('desk:echo'))}</span>
            <span className="ml-auto flex gap-2">
              <Badge>{t(`direction.${summary.direction}`)}</Badge>
              <Result call={summary} />
            </span>
          </div>
          <p className="mt-3 max-w-[68ch] text-16 leading-6.5">
            {sentence(call, (key, values) => t(key, values ?? {}), i18n.resolvedLanguage === 'en')}
          </p>
        </header>
        <TimelineChart call={call} now={now} />
        <Recordings call={summary.id} up={!summary.ended_at} />
        {call.flow && <Way flow={call.flow} />}
        <Legs call={call} />
        <CallLadder call={call} />
      </div>
      <aside className="border-l border-line max-lg:border-t max-lg:border-l-0" aria-label={t('why')}>
        <QueueStays stays={call.queues} />
        <Moments call={call} />
        <section className="border-t border-line p-4">
          <h2 className="mb-2 text-13 font-semibold">{t('result')}</h2>
          <Facts>
            <Fact name={t('cause')}>
              {summary.cause_number != null && <span className="num mr-1.5 font-semibold">{summary.cause_number}</span>}
              {summary.cause ? t(`desk:cause.${summary.cause}`) : '–'}
            </Fact>
            {summary.blame && !endedWell(summary.cause) && (
              <Fact name={t('blame')}>{t(`blames.${summary.blame}`)}</Fact>
            )}
            {summary.sip_status != null && <Fact name={t('sip_status')}>{summary.sip_status}</Fact>}
            <Fact name={t('talk')}>{clock(summary.talk_ms)}</Fact>
            {summary.displayed && <Fact name={t('displayed')}>{readable(summary.displayed)}</Fact>}
            {summary.seat_label && <Fact name={t('seat')}>{summary.seat_label}</Fact>}
            <Fact name={t('reference')}>
              <span className="font-mono text-12 break-all">{summary.id}</span>
            </Fact>
          </Facts>
          {summary.cause && <WhatToDo cause={summary.cause} />}
        </section>
      </aside>
    </div>
  );
}

function WhatToDo({ cause }: { cause: string }) {
  const { t } = useTranslation('causes');
  return (
    <div className="mt-3 rounded-md border border-line bg-panel-2 px-3 py-2 text-13">
      <h3 className="font-semibold">{t('what_to_do')}</h3>
      <Advice cause={cause} />
      <Link to={paths.callCauses} className="block text-12 text-ink-2 underline">
        {t('all')}
      </Link>
    </div>
  );
}

function Legs({ call }: { call: Detail }) {
  const { t } = useTranslation('calls');
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by keyboard.
    <section tabIndex={0} className="overflow-x-auto border-t border-line px-6 py-5" aria-label={t('legs')}>
      <h2 className="mb-3 text-14 font-semibold">{t('legs')}</h2>
      <table className="w-full text-13">
        <thead>
          <tr className="text-12 text-ink-3 [&>th]:pr-4 [&>th]:pb-2 [&>th]:text-left [&>th]:font-medium">
            <th scope="col">{t('party')}</th>
            <th scope="col">{t('codec')}</th>
            <th scope="col">{t('voice')}</th>
            <th scope="col">{t('lost')}</th>
            <th scope="col">{t('jitter')}</th>
            <th scope="col">{t('rtt')}</th>
            <th scope="col">{t('packets')}</th>
          </tr>
        </thead>
        <tbody>
          {call.legs.map((leg) => (
            <LegRow key={leg.id} leg={leg} call={call} />
          ))}
        </tbody>
      </table>
    </section>
  );
}

function LegRow({ leg, call }: { leg: Schemas['Leg']; call: Schemas['CallDetail'] }) {
  const { t } = useTranslation('calls');
  const { figures } = leg;
  const share = figures && figures.received + figures.lost > 0 ? figures.lost / (figures.received + figures.lost) : 0;
  return (
    <tr className="border-t border-line [&>td]:py-2 [&>td]:pr-4">
      <td className="font-medium">
        {legName(leg, call.summary)}
        <span className="block text-12 font-normal text-ink-3">
          {t(`kind.${call.flow && leg.kind === 'service' ? 'flow' : leg.kind}`)}
        </span>
      </td>
      <td>{leg.codec ?? '–'}</td>
      <td className="num">{figures?.mos?.toFixed(1) ?? '–'}</td>
      <td className="num">{figures ? `${(share * 100).toFixed(1)} %` : '–'}</td>
      <td className="num">{figures ? t('ms', { ms: figures.jitter_ms.toFixed(1) }) : '–'}</td>
      <td className="num">{figures?.rtt_ms != null ? t('ms', { ms: figures.rtt_ms.toFixed(0) }) : '–'}</td>
      <td className="num">{figures ? `${figures.received} / ${figures.sent}` : '–'}</td>
    </tr>
  );
}
