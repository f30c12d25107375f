/** How this server is: what must work, what it holds, why its calls ended, and the messages of any call. */
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Schemas } from '../../api/types';
import { count } from '../../i18n/format';
import { StatusDot } from '../../ui/badge';
import { Button } from '../../ui/button';
import { Input } from '../../ui/field';
import { Card, Page } from '../../ui/page';
import { EmptyState, ErrorState, PageSkeleton } from '../../ui/state';
import { type Column, DataTable } from '../../ui/table';
import { LadderDiagram } from '../calls/ladder';
import { useOperatorLadder, useSystem } from './queries';
import { endedOf, sumOf } from './system-view';

type State = Schemas['SystemState'];

export function SystemPage() {
  const { t } = useTranslation('system');
  const system = useSystem();
  return (
    <Page
      title={t('title')}
      beside={
        system.data && (
          <StatusDot tone={system.data.ready ? 'ok' : 'bad'}>{t(system.data.ready ? 'ready' : 'not_ready')}</StatusDot>
        )
      }
      actions={
        system.data && <span className="text-13 text-ink-3">{t('version', { version: system.data.version })}</span>
      }
    >
      <p className="mb-4 max-w-[68ch] text-14 text-ink-2">{t('intro')}</p>
      {system.isPending && <PageSkeleton />}
      {system.error && !system.data && <ErrorState error={system.error} onRetry={() => void system.refetch()} />}
      {system.data && (
        <div className="flex flex-col gap-4">
          <Parts state={system.data} />
          <Holdings state={system.data} />
          <Ended state={system.data} />
          <FindCall />
          <AllFigures state={system.data} />
        </div>
      )}
    </Page>
  );
}

function Parts({ state }: { state: State }) {
  const { t } = useTranslation('system');
  return (
    <Card title={t('parts')}>
      <ul className="flex flex-wrap gap-x-8 gap-y-2 px-4 py-3 text-13">
        {state.parts.map(({ part, ok }) => (
          <li key={part} className="flex items-center gap-2">
            <span>{t(`part.${part}`)}</span>
            <StatusDot tone={ok ? 'ok' : 'bad'}>{t(ok ? 'works' : 'fails')}</StatusDot>
          </li>
        ))}
      </ul>
    </Card>
  );
}

const MIB = 1_048_576;

function Holdings({ state }: { state: State }) {
  const { t } = useTranslation('system');
  const sum = (name: string, label?: string) => count(sumOf(state.figures, name, label));
  const mib = Math.round(sumOf(state.figures, 'patchbay_process_resident_memory_bytes') / MIB);
  const held: [string, string][] = [
    [t('calls'), sum('patchbay_calls')],
    [t('media_legs'), sum('patchbay_media_legs')],
    [t('dialogs'), sum('patchbay_sip_dialogs')],
    [t('transactions'), sum('patchbay_sip_transactions')],
    [t('udp_ports'), sum('patchbay_media_udp_ports', 'state="used"')],
    [t('registrations'), sum('patchbay_registrations')],
    [t('browsers'), sum('patchbay_websocket_flows')],
    [t('tasks'), sum('patchbay_tokio_tasks')],
    [t('memory'), t('memory_mib', { mib: count(mib) })],
    [t('files'), sum('patchbay_process_open_files')],
    [t('records_waiting'), sum('patchbay_records_waiting')],
    [t('packets_dropped'), sum('patchbay_rtp_packets_total', 'what="dropped"')],
  ];
  return (
    <section aria-label={t('now')}>
      <dl className="grid grid-cols-6 gap-px overflow-hidden rounded-lg border border-line bg-line max-xl:grid-cols-4 max-md:grid-cols-2">
        {held.map(([name, value]) => (
          <div key={name} className="bg-panel px-4 py-3">
            <dt className="truncate text-12 text-ink-3">{name}</dt>
            <dd className="num text-20 font-semibold tracking-tight">{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

function Ended({ state }: { state: State }) {
  const { t } = useTranslation(['system', 'desk', 'calls', 'causes']);
  const columns: Column<ReturnType<typeof endedOf>[number]>[] = [
    { key: 'reason', head: t('causes:reason'), names: true, cell: (row) => t(`desk:cause.${row.cause}`) },
    { key: 'whose', head: t('causes:whose'), cell: (row) => t(`calls:blames.${row.blame}`) },
    { key: 'count', head: t('count'), number: true, cell: (row) => count(row.count) },
  ];
  return (
    <section>
      <h2 className="mb-2 text-14 font-semibold">{t('ended')}</h2>
      <DataTable
        label={t('ended')}
        columns={columns}
        rows={endedOf(state.figures)}
        rowKey={(row) => `${row.cause} ${row.blame}`}
        empty={<EmptyState title={t('ended_none')} />}
      />
    </section>
  );
}

function FindCall() {
  const { t } = useTranslation(['system', 'ladder']);
  const [typed, setTyped] = useState('');
  const [wanted, want] = useState('');
  const query = useOperatorLadder(wanted);
  const found = query.data;
  const name = (leg: string) => {
    const lane = found?.ladder.lanes.find((one) => one.leg === leg);
    if (lane?.label) return lane.label;
    return (lane?.role === 'called' ? found?.called : found?.caller) || t('ladder:caller');
  };
  return (
    <section>
      <h2 className="mb-1 text-14 font-semibold">{t('find_call')}</h2>
      <p className="mb-2 text-13 text-ink-2">{t('find_call_text')}</p>
      <form
        className="mb-3 flex max-w-[480px] gap-2"
        onSubmit={(event) => {
          event.preventDefault();
          want(typed.trim());
        }}
      >
        <Input
          aria-label={t('reference')}
          placeholder="call_"
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
          className="font-mono text-13"
        />
        <Button type="submit" busy={query.isFetching}>
          {t('find')}
        </Button>
      </form>
      {query.error && <ErrorState error={query.error} onRetry={() => void query.refetch()} />}
      {found && (
        <>
          <p className="mb-2 text-13">
            {t('of_company', { company: found.company, caller: found.caller, called: found.called })}
          </p>
          <LadderDiagram ladder={found.ladder} name={name} />
        </>
      )}
    </section>
  );
}

function AllFigures({ state }: { state: State }) {
  const { t } = useTranslation('system');
  const columns: Column<State['figures'][number]>[] = [
    {
      key: 'name',
      head: t('figure'),
      names: true,
      cell: (one) => <span className="font-mono text-12">{one.name}</span>,
    },
    { key: 'labels', head: t('labels'), cell: (one) => <span className="font-mono text-12">{one.labels}</span> },
    { key: 'value', head: t('value'), number: true, cell: (one) => count(one.value) },
  ];
  return (
    <details>
      <summary className="cursor-pointer text-14 font-semibold">{t('all_figures')}</summary>
      <div className="mt-2">
        <DataTable
          label={t('all_figures')}
          columns={columns}
          rows={[...state.figures].sort((a, b) => (a.name + a.labels < b.name + b.labels ? -1 : 1))}
          rowKey={(one) => one.name + one.labels}
          empty={null}
        />
      </div>
    </details>
  );
}
