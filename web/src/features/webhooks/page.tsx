import { Link, useNavigate } from '@tanstack/react-router';
import { Plus } from 'lucide-react';
import { useDeferredValue, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Webhook, WebhookShown } from '../../api/types';
import { can } from '../../can';
import { useMe, useNow } from '../../hooks';
import { ago } from '../../i18n/format';
import { paths } from '../../paths';
import { Button } from '../../ui/button';
import { SearchField } from '../../ui/field';
import { More } from '../../ui/more';
import { Sheet } from '../../ui/overlay';
import { Page } from '../../ui/page';
import { EmptyState, Note } from '../../ui/state';
import { type Column, DataTable, TwoLines } from '../../ui/table';
import { DeveloperTabs } from '../developers/tabs';
import { shownColumns, useListState } from '../views/list-state';
import { ViewBar } from '../views/view-bar';
import { WebhookForm } from './form';
import { useWebhooks } from './queries';
import { SecretDialog } from './secret-dialog';
import { WebhookState } from './state';

const FILTERS = ['q'] as const;

export function WebhooksPage() {
  const { t } = useTranslation('webhooks');
  const me = useMe();
  const navigate = useNavigate();
  const state = useListState(FILTERS);
  const text = state.filter.q ?? '';
  const [making, setMaking] = useState(false);
  const [made, setMade] = useState<WebhookShown | null>(null);
  const search = useDeferredValue(text.trim());
  const list = useWebhooks(search);
  const rows = list.data?.pages.flatMap((page) => page.items);
  const off = rows?.filter((row) => row.state === 'off') ?? [];
  const go = (id: string) => void navigate({ to: paths.webhook('$id'), params: { id } as never });
  const columns = useColumns(go);
  const add = can(me, 'webhooks:write') && (
    <Button size="sm" look="primary" onClick={() => setMaking(true)}>
      <Plus aria-hidden className="size-4" />
      {t('make')}
    </Button>
  );
  return (
    <Page title={t('title')} views={<DeveloperTabs />} actions={add}>
      {off.length > 0 && (
        <Note className="mb-4" tone="bad" title={t('some_off', { count: off.length })}>
          {off.map((row) => row.label).join(', ')}
        </Note>
      )}
      <div className="mb-4 flex flex-wrap items-center gap-x-6 gap-y-2">
        <SearchField label={t('search')} value={text} onChange={(q) => state.set({ filter: { q } })} />
        <div className="ml-auto">
          <ViewBar list="webhooks" state={state} columns={columns} />
        </div>
      </div>
      <DataTable
        label={t('title')}
        columns={shownColumns(columns, state.columns)}
        rows={rows}
        rowKey={(row) => row.id}
        error={list.error}
        onRetry={() => void list.refetch()}
        onOpen={(row) => go(row.id)}
        tall
        empty={
          search ? (
            <EmptyState
              title={t('nothing', { text: search })}
              action={<Button onClick={() => state.set({ filter: {} })}>{t('clear')}</Button>}
            />
          ) : (
            <EmptyState title={t('empty')} action={add}>
              {t('empty_note')}
            </EmptyState>
          )
        }
      />
      <More of={list} className="mt-3" />
      <Sheet open={making} onClose={() => setMaking(false)} title={t('make')} note={t('make_note')}>
        <WebhookForm
          onMade={(shown) => {
            setMaking(false);
            setMade(shown);
          }}
        />
      </Sheet>
      <SecretDialog
        made={made}
        onClose={() => {
          if (made) go(made.webhook.id);
          setMade(null);
        }}
      />
    </Page>
  );
}

function useColumns(open: (id: string) => void): Column<Webhook>[] {
  const { t } = useTranslation('webhooks');
  const now = useNow(30_000);
  return [
    {
      key: 'label',
      head: t('column.label'),
      names: true,
      className: 'max-w-80',
      cell: (row) => <TwoLines main={row.label} sub={<span className="block truncate">{row.url}</span>} />,
    },
    { key: 'state', head: t('column.state'), label: t('column.state'), cell: (row) => <WebhookState of={row} /> },
    {
      key: 'kinds',
      head: t('column.kinds'),
      label: t('column.kinds'),
      from: 'lg',
      className: 'max-w-64',
      cell: (row) => (
        <code className="block truncate text-ink-2" title={row.kinds.join(', ')}>
          {row.kinds.join(', ')}
        </code>
      ),
    },
    {
      key: 'taken',
      head: t('column.taken'),
      label: t('column.taken'),
      from: 'md',
      cell: (row) =>
        row.last_taken_at ? ago(row.last_taken_at, now) : <span className="text-ink-3">{t('never')}</span>,
    },
    {
      key: 'open',
      head: <span className="sr-only">{t('open')}</span>,
      className: 'w-20 text-right',
      cell: (row) => (
        <Button size="xs" look="quiet" onClick={() => open(row.id)}>
          {t('open')}
        </Button>
      ),
    },
  ];
}

/** Back to all of them. */
export function ToWebhooks() {
  const { t } = useTranslation('webhooks');
  return (
    <Link to={paths.webhooks} className="hover:text-ink">
      {t('title')}
    </Link>
  );
}
