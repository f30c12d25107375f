import { Plus } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Schemas } from '../../api/types';
import { country, date } from '../../i18n/format';
import { useProblemText } from '../../i18n/problems';
import { Button } from '../../ui/button';
import { MenuItem, MoreMenu } from '../../ui/menu';
import { Sheet } from '../../ui/overlay';
import { Page } from '../../ui/page';
import { EmptyState, Note } from '../../ui/state';
import { type Column, DataTable, TwoLines } from '../../ui/table';
import { toast } from '../../ui/toast';
import { useRemoveSite, useSites } from './queries';
import { SiteForm } from './site-form';

export function SitesPage() {
  const { t } = useTranslation('operator');
  const say = useProblemText();
  const sites = useSites();
  const remove = useRemoveSite();
  const [adding, setAdding] = useState(false);
  const columns: Column<Schemas['Site']>[] = [
    {
      key: 'name',
      head: t('sites.name'),
      names: true,
      cell: (row) => <TwoLines main={row.name} sub={[row.city, country(row.country)].filter(Boolean).join(', ')} />,
    },
    { key: 'gateways', head: t('places.gateways'), number: true, cell: (row) => row.gateways },
    { key: 'since', head: t('sites.since'), from: 'md', cell: (row) => date(row.created_at) },
    {
      key: 'more',
      head: <span className="sr-only">{t('common:more')}</span>,
      className: 'w-10',
      cell: (row) => (
        <MoreMenu label={t('sites.more', { site: row.name })}>
          <MenuItem
            danger
            disabled={row.gateways > 0}
            onSelect={() => remove.mutate(row.id, { onSuccess: () => toast(t('sites.removed', { site: row.name })) })}
          >
            {row.gateways > 0 ? t('sites.not_empty') : t('sites.remove')}
          </MenuItem>
        </MoreMenu>
      ),
    },
  ];
  const add = (
    <Button size="sm" look="primary" onClick={() => setAdding(true)}>
      <Plus aria-hidden className="size-4" />
      {t('sites.add')}
    </Button>
  );
  return (
    <Page title={t('places.sites')} actions={add}>
      {remove.isError && <Note tone="bad" title={say(remove.error)} className="mb-3" />}
      <DataTable
        label={t('places.sites')}
        columns={columns}
        rows={sites.data}
        rowKey={(row) => row.id}
        error={sites.error}
        onRetry={() => void sites.refetch()}
        tall
        empty={
          <EmptyState title={t('sites.empty')} action={add}>
            {t('sites.empty_note')}
          </EmptyState>
        }
      />
      <Sheet open={adding} onClose={() => setAdding(false)} title={t('sites.add')}>
        <SiteForm
          onDone={(site) => {
            setAdding(false);
            toast(t('sites.added', { site: site.name }));
          }}
        />
      </Sheet>
    </Page>
  );
}
