/** What was said in this call: each recording as a wave, customer above and agent below, and what may be done with it. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { api, ok } from '../../api/client';
import { keys } from '../../api/query';
import type { Schemas } from '../../api/types';
import { can } from '../../can';
import { useMe } from '../../hooks';
import { clock, time } from '../../i18n/format';
import { useProblemText } from '../../i18n/problems';
import { Badge } from '../../ui/badge';
import { Button } from '../../ui/button';
import { ErrorState, Note, Skeleton } from '../../ui/state';
import { toast } from '../../ui/toast';
import { WavePlayer } from '../../ui/wave-player';

type Recording = Schemas['Recording'];
type Order = Schemas['RecordingDeed'];

const FAULTS = [
  'store_full',
  'store_failed',
  'store_slow',
  'call_over',
  'caller_refused',
  'recorded_already',
  'node_lost',
] as const;

/** Why a recording failed, of the reasons that have a text. */
function fault(code: string | null | undefined): (typeof FAULTS)[number] | 'other' {
  return FAULTS.find((one) => one === code) ?? 'other';
}

export function Recordings({ call, up }: { call: string; up: boolean }) {
  const { t } = useTranslation('calls');
  const me = useMe();
  const listens = can(me, 'recordings:read');
  const list = useQuery({
    queryKey: keys.recordings(call),
    queryFn: () => ok(api.GET('/v1/recordings', { params: { query: { call } } })),
    enabled: listens,
  });
  const rows = list.data?.items ?? [];
  const running = rows.find((one) => one.state === 'recording' && one.kind === 'call');
  if (!listens || (!up && list.data && rows.length === 0)) return null;
  return (
    <section className="flex flex-col gap-3 border-t border-line px-6 py-5" aria-label={t('recordings.title')}>
      <div className="flex flex-wrap items-center gap-2">
        <h2 className="grow text-13 font-semibold">{t('recordings.title')}</h2>
        {up && can(me, 'calls:operate') && <Orders call={call} running={running} />}
      </div>
      {list.isPending && <Skeleton className="w-60" />}
      {list.isError && <ErrorState error={list.error} onRetry={() => void list.refetch()} />}
      {list.data && rows.length === 0 && <p className="text-13 text-ink-2">{t('recordings.none')}</p>}
      {rows.map((one) => (
        <One key={one.id} recording={one} />
      ))}
    </section>
  );
}

function Orders({ call, running }: { call: string; running: Recording | undefined }) {
  const { t } = useTranslation('calls');
  const say = useProblemText();
  const client = useQueryClient();
  const order = useMutation({
    mutationFn: (wanted: Order) =>
      ok(api.POST('/v1/calls/{id}/recording', { params: { path: { id: call } }, body: { order: wanted } })),
    onError: (thrown) => toast(say(thrown)),
    onSettled: () => void client.invalidateQueries({ queryKey: keys.recordings(call) }),
  });
  const press = (wanted: Order) => (
    <Button key={wanted} size="sm" busy={order.isPending} onClick={() => order.mutate(wanted)}>
      {t(`recordings.order.${wanted}`)}
    </Button>
  );
  if (!running) return press('start');
  return (
    <>
      {press(running.paused ? 'resume' : 'pause')}
      {running.begun_by === 'order' && press('stop')}
    </>
  );
}

function One({ recording }: { recording: Recording }) {
  const { t } = useTranslation('calls');
  const me = useMe();
  const say = useProblemText();
  const client = useQueryClient();
  const hold = useMutation({
    mutationFn: (legal_hold: boolean) =>
      ok(api.PATCH('/v1/recordings/{id}', { params: { path: { id: recording.id } }, body: { legal_hold } })),
    onSettled: () => void client.invalidateQueries({ queryKey: keys.recordings(recording.call) }),
  });
  const link = async (): Promise<string> =>
    (await ok(api.POST('/v1/recordings/{id}/play', { params: { path: { id: recording.id } } }))).url;
  const message = recording.kind === 'voicemail';
  const name = t(message ? 'recordings.message' : 'recordings.of', { time: time(recording.began_at) });
  return (
    <article className="flex flex-col gap-2 rounded-md border border-line p-3">
      <div className="flex flex-wrap items-center gap-2">
        <span className="grow text-13 font-medium">{name}</span>
        {recording.legal_hold && <Badge tone="info">{t('recordings.held')}</Badge>}
        {recording.state === 'recording' && (
          <Badge tone={recording.paused ? 'warn' : 'bad'}>
            {t(recording.paused ? 'recordings.paused' : 'recordings.running')}
          </Badge>
        )}
      </div>
      {recording.state === 'ready' && (
        <>
          <WavePlayer label={name} wave={recording.wave} channels={2} ms={recording.duration_ms} load={link} />
          {!message && <p className="text-12 text-ink-3">{t('recordings.sides')}</p>}
        </>
      )}
      {recording.state === 'failed' && (
        <Note tone="bad" title={t('recordings.failed')}>
          {t(`recordings.faults.${fault(recording.fault)}`)}
        </Note>
      )}
      {recording.lost > 0 && recording.state === 'ready' && (
        <p className="text-12 text-ink-3">{t('recordings.lost', { time: clock(recording.lost * 20) })}</p>
      )}
      {recording.state === 'ready' && can(me, 'recordings:write') && (
        <Button
          size="xs"
          look="ghost"
          className="self-start"
          busy={hold.isPending}
          onClick={() => hold.mutate(!recording.legal_hold)}
        >
          {t(recording.legal_hold ? 'recordings.let_go' : 'recordings.hold')}
        </Button>
      )}
      {hold.isError && <Note tone="bad" title={say(hold.error)} />}
    </article>
  );
}
