/** Calls back that were promised: those that are open, at their places, and what became of the others. */
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { can } from '../../can';
import { useMe } from '../../hooks';
import { recently } from '../../i18n/format';
import { useProblemText } from '../../i18n/problems';
import { paths } from '../../paths';
import { usePhone } from '../../softphone/context';
import { may } from '../../softphone/machine';
import { Badge, StatusDot } from '../../ui/badge';
import { Button } from '../../ui/button';
import { MenuItem, MenuLine, MoreMenu } from '../../ui/menu';
import { Page } from '../../ui/page';
import { EmptyState } from '../../ui/state';
import { type Column, DataTable, TwoLines } from '../../ui/table';
import { Segments } from '../../ui/tabs';
import { toast } from '../../ui/toast';
import { readable } from '../desk/numbers';
import { type Callback, useCallbacks, useCloseCallback } from './queries';

const SHOWN = ['open', 'closed'] as const;

export function CallbacksPage() {
  const { t } = useTranslation('callbacks');
  const navigate = useNavigate();
  const search = useSearch({ strict: false }) as { shown?: string };
  const shown = SHOWN.find((one) => one === search.shown) ?? 'open';
  const list = useCallbacks(shown === 'open');
  const columns = useColumns(shown === 'open');
  return (
    <Page title={t('title')}>
      <div className="mb-4">
        <Segments
          label={t('show')}
          value={shown}
          options={SHOWN.map((value) => ({ value, label: t(`shown.${value}`) }))}
          onChange={(value) => void navigate({ to: '.', search: (value === 'open' ? {} : { shown: value }) as never })}
        />
      </div>
      <DataTable
        label={t('title')}
        columns={columns}
        rows={list.data?.pages.flatMap((page) => page.items)}
        rowKey={(row) => row.id}
        error={list.error}
        onRetry={() => void list.refetch()}
        tall
        empty={<EmptyState title={t(`empty.${shown}`)}>{shown === 'open' && t('empty_note')}</EmptyState>}
      />
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

function useColumns(open: boolean): Column<Callback>[] {
  const { t } = useTranslation('callbacks');
  const now = Date.now();
  return [
    {
      key: 'who',
      head: t('column.who'),
      names: true,
      cell: (row) => (
        <Link to={paths.call(row.call)} className="hover:underline">
          <TwoLines main={row.caller_name || readable(row.number)} sub={row.caller_name ? readable(row.number) : ''} />
        </Link>
      ),
    },
    { key: 'queue', head: t('column.queue'), from: 'md', cell: (row) => row.queue_name ?? t('by_hand') },
    {
      key: 'asked',
      head: t('column.asked'),
      from: 'lg',
      cell: (row) => <span className="text-ink-2">{recently(row.asked_at, now)}</span>,
    },
    {
      key: 'state',
      head: t('column.state'),
      cell: (row) => (open ? <Standing row={row} now={now} /> : <Outcome row={row} />),
    },
    {
      key: 'deeds',
      head: <span className="sr-only">{t('column.deeds')}</span>,
      className: 'w-12 text-right',
      cell: (row) => open && <Deeds row={row} />,
    },
  ];
}

function Standing({ row, now }: { row: Callback; now: number }) {
  const { t } = useTranslation('callbacks');
  if (row.state === 'offered')
    return <StatusDot tone="info">{t('state.offered', { name: row.member_name })}</StatusDot>;
  if (row.state === 'calling') return <StatusDot tone="ok">{t('state.calling', { name: row.member_name })}</StatusDot>;
  const later = new Date(row.due_at).getTime() > now;
  return (
    <TwoLines
      main={later ? t('state.later', { time: recently(row.due_at, now) }) : t('state.waiting')}
      sub={row.tries > 0 ? t('tried', { count: row.tries }) : ''}
    />
  );
}

function Outcome({ row }: { row: Callback }) {
  const { t } = useTranslation('callbacks');
  if (!row.outcome) return null;
  return (
    <span className="flex flex-wrap items-center gap-2">
      <Badge tone={row.outcome === 'unreached' ? 'warn' : 'plain'}>{t(`outcome.${row.outcome}`)}</Badge>
      {row.member_name && <span className="text-12 text-ink-2">{row.member_name}</span>}
    </span>
  );
}

function Deeds({ row }: { row: Callback }) {
  const { t } = useTranslation('callbacks');
  const say = useProblemText();
  const me = useMe();
  const { state, phone } = usePhone();
  const close = useCloseCallback();
  const who = row.caller_name || readable(row.number);
  const end = (outcome: 'done' | 'cancelled') =>
    close.mutate(
      { id: row.id, outcome },
      { onSuccess: () => toast(t(`closed.${outcome}`, { who })), onError: (thrown) => toast(say(thrown)) },
    );
  if (!can(me, 'callbacks:operate') || row.state === 'calling') return null;
  return (
    <MoreMenu label={t('more_of', { who })}>
      {me.seat && may.dial(state) && <MenuItem onSelect={() => void phone?.dial(row.number)}>{t('call_now')}</MenuItem>}
      <MenuItem onSelect={() => end('done')}>{t('done')}</MenuItem>
      <MenuLine />
      <MenuItem danger onSelect={() => end('cancelled')}>
        {t('cancel')}
      </MenuItem>
    </MoreMenu>
  );
}
