import { useNavigate, useSearch } from '@tanstack/react-router';
import { Plus } from 'lucide-react';
import { useDeferredValue, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { ApiKey, ApiKeyShown } from '../../api/types';
import { can } from '../../can';
import { useMe } from '../../hooks';
import { Button } from '../../ui/button';
import { SearchField } from '../../ui/field';
import { More } from '../../ui/more';
import { Sheet } from '../../ui/overlay';
import { Page } from '../../ui/page';
import { EmptyState } from '../../ui/state';
import { Switch } from '../../ui/switch';
import { type Column, DataTable, TwoLines } from '../../ui/table';
import { DeveloperTabs } from '../developers/tabs';
import { shownColumns, useListState } from '../views/list-state';
import { ViewBar } from '../views/view-bar';
import { KeyForm } from './key-form';
import { KeySheet } from './key-sheet';
import { useApiKeys } from './queries';
import { SecretDialog } from './secret-dialog';
import { KeyEnd, KeyState, LastUse } from './state';

const FILTERS = ['q', 'revoked'] as const;

export function ApiKeysPage() {
  const { t } = useTranslation('api-keys');
  const me = useMe();
  const navigate = useNavigate();
  const { key: open, ...kept } = useSearch({ strict: false }) as { key?: string };
  const state = useListState(FILTERS);
  const { q: text = '', revoked: withRevoked } = state.filter;
  const revoked = withRevoked === 'yes';
  const put = (change: Record<string, string>) => state.set({ filter: { ...state.filter, ...change } });
  const [making, setMaking] = useState(false);
  const [made, setMade] = useState<ApiKeyShown | null>(null);
  const search = useDeferredValue(text.trim());
  const list = useApiKeys({ ...(search ? { search } : {}), ...(revoked ? { revoked } : {}) });
  const rows = list.data?.pages.flatMap((page) => page.items);
  const writes = can(me, 'api_keys:write');
  const go = (key: string | null) => void navigate({ to: '.', search: (key ? { ...kept, key } : kept) as never });
  const columns = useColumns(go);
  const show = (shown: ApiKeyShown) => {
    setMaking(false);
    setMade(shown);
  };
  const add = writes && (
    <Button size="sm" look="primary" onClick={() => setMaking(true)}>
      <Plus aria-hidden className="size-4" />
      {t('make')}
    </Button>
  );
  return (
    <Page title={t('title')} views={<DeveloperTabs />} actions={add}>
      <div className="mb-4 flex flex-wrap items-center gap-x-6 gap-y-2">
        <SearchField label={t('search')} value={text} onChange={(q) => put({ q })} />
        <Switch
          label={t('show_revoked')}
          checked={revoked}
          onChange={(wanted) => put({ revoked: wanted ? 'yes' : '' })}
        />
        <div className="ml-auto">
          <ViewBar list="api_keys" state={state} columns={columns} />
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
        selected={open ?? null}
        tall
        empty={
          search ? (
            <EmptyState
              title={t('nothing', { text: search })}
              action={<Button onClick={() => put({ q: '' })}>{t('clear')}</Button>}
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
        <KeyForm onMade={show} />
      </Sheet>
      <KeySheet of={rows?.find((one) => one.id === open) ?? null} onClose={() => go(null)} onSecret={setMade} />
      <SecretDialog made={made} onClose={() => setMade(null)} />
    </Page>
  );
}

function useColumns(open: (key: string) => void): Column<ApiKey>[] {
  const { t } = useTranslation('api-keys');
  return [
    {
      key: 'name',
      head: t('column.name'),
      names: true,
      cell: (row) => <TwoLines main={row.name} sub={<code>{row.prefix}…</code>} />,
    },
    { key: 'state', head: t('column.state'), label: t('column.state'), cell: (row) => <KeyState of={row} /> },
    {
      key: 'scopes',
      head: t('column.scopes'),
      label: t('column.scopes'),
      from: 'lg',
      className: 'max-w-64',
      cell: (row) => (
        <span className="block truncate text-ink-2" title={row.scopes.join(', ')}>
          {row.scopes.length > 2 ? t('scopes.count', { count: row.scopes.length }) : row.scopes.join(', ')}
        </span>
      ),
    },
    { key: 'by', head: t('column.by'), label: t('column.by'), from: 'xl', cell: (row) => row.created_by },
    { key: 'used', head: t('column.used'), label: t('column.used'), from: 'md', cell: (row) => <LastUse of={row} /> },
    { key: 'ends', head: t('column.ends'), label: t('column.ends'), from: 'md', cell: (row) => <KeyEnd of={row} /> },
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
