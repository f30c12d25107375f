import { useTranslation } from 'react-i18next';
import type { Schemas } from '../../api/types';
import { useNow } from '../../hooks';
import { ago } from '../../i18n/format';
import { CopyField } from '../../ui/copy-field';
import { Page } from '../../ui/page';
import { EmptyState } from '../../ui/state';
import { type Column, DataTable, TwoLines } from '../../ui/table';
import { usePendingLinks } from './queries';

/** Links that would be mailed if this installation had a mail server. */
export function PendingLinksPage() {
  const { t } = useTranslation('operator');
  const links = usePendingLinks();
  const now = useNow(30_000);
  const columns: Column<Schemas['PendingLink']>[] = [
    {
      key: 'who',
      head: t('links.for'),
      names: true,
      cell: (row) => <TwoLines main={row.email} sub={row.company ?? undefined} />,
    },
    {
      key: 'kind',
      head: t('links.kind'),
      from: 'md',
      cell: (row) => t(`links.kinds.${row.kind}`, { defaultValue: row.kind }),
    },
    {
      key: 'link',
      head: t('links.link'),
      className: 'max-w-96',
      cell: (row) => <CopyField plain label={t('links.link_of', { email: row.email })} value={row.link} />,
    },
    { key: 'since', head: t('links.since'), from: 'md', cell: (row) => ago(row.created_at, now) },
  ];
  return (
    <Page title={t('places.links')}>
      <p className="mb-4 max-w-[72ch] text-ink-2">{t('links.lead')}</p>
      <DataTable
        label={t('places.links')}
        columns={columns}
        rows={links.data}
        rowKey={(row) => `${row.kind}-${row.email}-${row.created_at}`}
        error={links.error}
        onRetry={() => void links.refetch()}
        tall
        empty={<EmptyState title={t('links.empty')}>{t('links.empty_note')}</EmptyState>}
      />
    </Page>
  );
}
