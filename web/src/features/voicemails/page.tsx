/** Messages that callers left: each as a wave that can be heard, with its caller one click from a call. */
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { Phone, Trash2, Undo2 } from 'lucide-react';
import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { can } from '../../can';
import { useMe } from '../../hooks';
import { clock, recently } from '../../i18n/format';
import { useProblemText } from '../../i18n/problems';
import { paths } from '../../paths';
import { usePhone } from '../../softphone/context';
import { may } from '../../softphone/machine';
import { Badge } from '../../ui/badge';
import { Button } from '../../ui/button';
import { cx } from '../../ui/cx';
import { Page } from '../../ui/page';
import { EmptyState, ErrorState, Skeleton } from '../../ui/state';
import { Switch } from '../../ui/switch';
import { Segments } from '../../ui/tabs';
import { toast } from '../../ui/toast';
import { WavePlayer } from '../../ui/wave-player';
import { readable } from '../desk/numbers';
import {
  type Shown,
  useMarkVoicemail,
  useRemoveVoicemail,
  useRestoreVoicemail,
  useVoicemailSound,
  useVoicemailSummary,
  useVoicemails,
  type Voicemail,
} from './queries';

const SHOWN = ['new', 'all', 'removed'] as const;

export function VoicemailPage() {
  const { t } = useTranslation('voicemails');
  const navigate = useNavigate();
  const me = useMe();
  const search = useSearch({ strict: false }) as { shown?: string; mine?: string; message?: string };
  const shown: Shown = SHOWN.find((one) => one === search.shown) ?? 'all';
  const mine = search.mine === '1';
  const list = useVoicemails(shown, mine);
  const summary = useVoicemailSummary();
  const rows = list.data?.pages.flatMap((page) => page.items);
  const go = (next: { shown?: Shown; mine?: boolean }) => {
    const to = { shown, mine, ...next };
    const kept = { ...(to.shown === 'all' ? {} : { shown: to.shown }), ...(to.mine ? { mine: '1' } : {}) };
    void navigate({ to: '.', search: kept as never });
  };
  const fresh = summary.data?.new ?? 0;
  return (
    <Page title={t('title')} beside={fresh > 0 && <Badge tone="info">{t('new_count', { count: fresh })}</Badge>}>
      <div className="mb-4 flex flex-wrap items-center gap-x-6 gap-y-3">
        <Segments
          label={t('show')}
          value={shown}
          options={SHOWN.map((value) => ({ value, label: t(`shown.${value}`) }))}
          onChange={(value) => go({ shown: value })}
        />
        {me.scope !== 'own' && <Switch label={t('mine')} checked={mine} onChange={(value) => go({ mine: value })} />}
      </div>
      {list.isPending && <Skeleton className="h-24 w-full" />}
      {list.isError && <ErrorState error={list.error} onRetry={() => void list.refetch()} />}
      {rows?.length === 0 && (
        <EmptyState
          title={t(`empty.${shown}`)}
          action={shown !== 'all' && <Button onClick={() => go({ shown: 'all' })}>{t('show_all')}</Button>}
        >
          {shown === 'all' && t('empty_note')}
        </EmptyState>
      )}
      {rows && rows.length > 0 && (
        <ul className="flex max-w-3xl flex-col gap-3">
          {rows.map((row) => (
            <Message key={row.id} message={row} wanted={row.id === search.message} />
          ))}
        </ul>
      )}
      {list.hasNextPage && (
        <div className="mt-4 flex justify-center">
          <Button busy={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
            {t('more')}
          </Button>
        </div>
      )}
    </Page>
  );
}

function Message({ message, wanted }: { message: Voicemail; wanted: boolean }) {
  const { t } = useTranslation('voicemails');
  const me = useMe();
  const sound = useVoicemailSound();
  const place = useRef<HTMLLIElement>(null);
  // Somebody came by a letter about this one.
  useEffect(() => {
    if (wanted) place.current?.scrollIntoView({ block: 'center' });
  }, [wanted]);
  const who = message.caller_name || (message.caller ? readable(message.caller) : t('withheld'));
  const name = t('of', { who });
  return (
    <li
      ref={place}
      className={cx(
        'flex flex-col gap-3 rounded-lg border bg-panel p-4',
        wanted ? 'border-brand' : 'border-line',
        message.state === 'removed' && 'opacity-80',
      )}
    >
      <div className="flex flex-wrap items-baseline gap-x-3 gap-y-1">
        <Link to={paths.call(message.call)} className="min-w-0 truncate text-14 font-semibold hover:underline">
          {who}
        </Link>
        {message.caller_name && message.caller && (
          <span className="num text-13 text-ink-2">{readable(message.caller)}</span>
        )}
        {message.state === 'new' && <Badge tone="info">{t('state.new')}</Badge>}
        {message.legal_hold && <Badge tone="line">{t('held')}</Badge>}
        <span className="ml-auto shrink-0 text-12 text-ink-2">
          {recently(message.received_at, Date.now())} · <span className="num">{clock(message.duration_ms)}</span>
        </span>
      </div>
      <WavePlayer
        label={name}
        wave={message.wave}
        ms={message.duration_ms}
        load={() => sound.mutateAsync(message.id)}
      />
      <div className="flex flex-wrap items-center gap-2">
        <span className="mr-auto min-w-0 truncate text-12 text-ink-2">{t('box', { name: message.box_name })}</span>
        {can(me, 'voicemails:operate') && <Deeds message={message} who={who} />}
      </div>
    </li>
  );
}

function Deeds({ message, who }: { message: Voicemail; who: string }) {
  const { t } = useTranslation('voicemails');
  const say = useProblemText();
  const me = useMe();
  const { state, phone } = usePhone();
  const [mark, remove, restore] = [useMarkVoicemail(), useRemoveVoicemail(), useRestoreVoicemail()];
  const onError = (thrown: unknown) => toast(say(thrown));
  if (message.state === 'removed') {
    return (
      <Button
        size="sm"
        busy={restore.isPending}
        onClick={() => restore.mutate(message.id, { onSuccess: () => toast(t('restored')), onError })}
      >
        <Undo2 aria-hidden className="size-4" />
        {t('restore')}
      </Button>
    );
  }
  return (
    <>
      {me.seat && message.caller && (
        <Button
          size="sm"
          aria-label={t('call_back_who', { who })}
          reason={may.dial(state) ? null : t('not_ready')}
          onClick={() => void phone?.dial(message.caller)}
        >
          <Phone aria-hidden className="size-4" />
          {t('call_back')}
        </Button>
      )}
      <Button
        size="sm"
        look="ghost"
        busy={mark.isPending}
        onClick={() => mark.mutate({ id: message.id, heard: message.state === 'new' }, { onError })}
      >
        {t(message.state === 'new' ? 'mark_heard' : 'mark_new')}
      </Button>
      <Button
        size="sm"
        look="ghost"
        icon
        aria-label={t('remove_who', { who })}
        busy={remove.isPending}
        onClick={() =>
          remove.mutate(message.id, {
            onSuccess: () =>
              toast(t('removed'), { label: t('undo'), onUndo: () => restore.mutate(message.id, { onError }) }),
            onError,
          })
        }
      >
        <Trash2 aria-hidden className="size-4" />
      </Button>
    </>
  );
}
