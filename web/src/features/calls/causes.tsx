/** Every reason why a call ends: its number, whose doing it is, what to do about it. */
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { api, ok } from '../../api/client';
import { keys } from '../../api/query';
import type { Schemas } from '../../api/types';
import { paths } from '../../paths';
import { Page } from '../../ui/page';
import { type Column, DataTable } from '../../ui/table';

type Cause = Schemas['CallCause'];

export function CausesPage() {
  const { t } = useTranslation(['causes', 'calls', 'desk']);
  const query = useQuery({
    queryKey: keys.callCauses,
    queryFn: () => ok(api.GET('/v1/call-causes')),
    staleTime: Number.POSITIVE_INFINITY,
  });
  const crumbs = [
    <Link key="calls" to={paths.calls} className="hover:underline">
      {t('calls:title')}
    </Link>,
  ];
  const columns: Column<Cause>[] = [
    { key: 'number', head: t('number'), cell: (one) => <span className="num font-semibold">{one.number}</span> },
    {
      key: 'reason',
      head: t('reason'),
      names: true,
      cell: (one) => (
        <span id={one.cause} className="md:whitespace-nowrap">
          {t(`desk:cause.${one.cause}`)}
        </span>
      ),
    },
    { key: 'todo', head: t('what_to_do'), cell: (one) => <Advice cause={one.cause} />, className: 'whitespace-normal' },
    { key: 'whose', head: t('whose'), from: 'md', cell: (one) => t(`calls:blames.${one.blame}`) },
    { key: 'sip', head: t('sip_status'), number: true, from: 'lg', cell: (one) => one.sip_status },
  ];
  return (
    <Page title={t('title')} crumbs={crumbs}>
      <p className="mb-4 max-w-[68ch] text-14 text-ink-2">{t('intro')}</p>
      <DataTable
        label={t('title')}
        columns={columns}
        rows={query.data}
        rowKey={(one) => one.cause}
        error={query.error}
        onRetry={() => void query.refetch()}
        empty={null}
      />
    </Page>
  );
}

/** What to do about a cause. */
export function Advice({ cause }: { cause: string }) {
  const { t } = useTranslation('causes');
  return <span className="inline-block max-w-[60ch] py-1.5 leading-5">{t(`advice.${cause}`)}</span>;
}
