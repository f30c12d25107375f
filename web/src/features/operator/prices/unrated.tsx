import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import type { Schemas } from '../../../api/types';
import { useNow } from '../../../hooks';
import { ago, count } from '../../../i18n/format';
import { useProblemText } from '../../../i18n/problems';
import { paths } from '../../../paths';
import { Button } from '../../../ui/button';
import { Page } from '../../../ui/page';
import { EmptyState, Note } from '../../../ui/state';
import { type Column, DataTable, TwoLines } from '../../../ui/table';
import { toast } from '../../../ui/toast';
import { useRetryUnrated, useUnrated } from './queries';

type Call = Schemas['UnratedCall'];

/** Calls that nobody could price, with the reason of each. */
export function UnratedCallsPage() {
  const { t } = useTranslation('prices');
  const say = useProblemText();
  const calls = useUnrated();
  const retry = useRetryUnrated();
  const now = useNow(60_000);
  const columns: Column<Call>[] = [
    {
      key: 'number',
      head: t('unrated.number'),
      names: true,
      cell: (row) => <TwoLines main={<span className="num">{row.number}</span>} sub={row.company} />,
    },
    { key: 'why', head: t('unrated.why'), cell: (row) => row.why },
    { key: 'call', head: t('unrated.call'), from: 'lg', cell: (row) => <code className="text-12">{row.call}</code> },
    { key: 'tries', head: t('unrated.tries'), number: true, from: 'md', cell: (row) => count(row.tries) },
    { key: 'at', head: t('unrated.last'), from: 'md', cell: (row) => ago(row.at, now) },
  ];
  return (
    <Page
      title={t('unrated.title')}
      crumbs={[
        <Link key="all" to={paths.operatorPriceLists} className="hover:underline">
          {t('title')}
        </Link>,
      ]}
      actions={
        <Button
          busy={retry.isPending}
          disabled={!calls.data || calls.data.length === 0}
          onClick={() => retry.mutate(null, { onSuccess: (due) => toast(t('unrated.due', { count: due.calls })) })}
        >
          {t('unrated.retry')}
        </Button>
      }
    >
      <p className="mb-4 max-w-[72ch] text-13 text-ink-2">{t('unrated.note')}</p>
      {retry.isError && <Note className="mb-4" tone="bad" title={say(retry.error)} />}
      <DataTable
        label={t('unrated.title')}
        columns={columns}
        rows={calls.data}
        rowKey={(row) => row.call}
        error={calls.error}
        onRetry={() => void calls.refetch()}
        tall
        empty={<EmptyState title={t('unrated.none')} />}
      />
    </Page>
  );
}
