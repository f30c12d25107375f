import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { useDeferredValue, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Schemas } from '../../../api/types';
import { useProblemText } from '../../../i18n/problems';
import { paths } from '../../../paths';
import { Button } from '../../../ui/button';
import { SearchField } from '../../../ui/field';
import { MenuItem, MenuLine, MoreMenu } from '../../../ui/menu';
import { More } from '../../../ui/more';
import { Confirm } from '../../../ui/overlay';
import { Page } from '../../../ui/page';
import { EmptyState, ErrorState, PageSkeleton } from '../../../ui/state';
import { DataTable } from '../../../ui/table';
import { Segments } from '../../../ui/tabs';
import { toast } from '../../../ui/toast';
import { Catalogue } from './catalogue';
import { Comparison } from './comparison';
import { DeckImport } from './deck-import';
import { useDeckFile, usePriceList, usePublishPriceList, useRates, useRemovePriceList } from './queries';
import { day, ListState, rateColumns } from './words';

type List = Schemas['PriceList'];
const VIEWS = ['rates', 'catalogue', 'compare'] as const;
type View = (typeof VIEWS)[number];

/** One version: its rates, its plans and monthly prices, and what differs from another one. */
export function PriceListPage() {
  const { t, i18n } = useTranslation('prices');
  const { id } = useParams({ strict: false }) as { id: string };
  const search = useSearch({ strict: false }) as { view?: string };
  const navigate = useNavigate();
  const found = usePriceList(id);
  const view: View = VIEWS.find((one) => one === search.view) ?? 'rates';
  const crumbs = [
    <Link key="all" to={paths.operatorPriceLists} className="hover:underline">
      {t('title')}
    </Link>,
  ];
  if (!found.data)
    return (
      <Page title={t('title')} crumbs={crumbs}>
        {found.isError ? <ErrorState error={found.error} onRetry={() => void found.refetch()} /> : <PageSkeleton />}
      </Page>
    );
  const { list } = found.data;
  return (
    <Page
      title={t('version', { currency: list.currency, version: list.version })}
      crumbs={crumbs}
      beside={<ListState of={list} />}
      actions={<Deeds list={list} />}
    >
      <p className="mb-4 text-13 text-ink-2">
        {t('from_day', { day: day(list.effective, i18n.language) })}
        {list.note && ` · ${list.note}`}
      </p>
      <Segments
        className="mb-4"
        label={t('view.label')}
        value={view}
        onChange={(next) => void navigate({ to: '.', search: { view: next } as never, replace: true })}
        options={VIEWS.map((value) => ({ value, label: t(`view.${value}`) }))}
      />
      {view === 'rates' && <Rates list={list} />}
      {view === 'catalogue' && <Catalogue detail={found.data} />}
      {view === 'compare' && <Comparison list={list} />}
    </Page>
  );
}

function Rates({ list }: { list: List }) {
  const { t, i18n } = useTranslation('prices');
  const [text, setText] = useState('');
  const search = useDeferredValue(text.trim());
  const rates = useRates(list.id, search);
  return (
    <>
      <SearchField label={t('rate.search')} value={text} onChange={setText} className="mb-4 w-72 max-w-full" />
      <DataTable
        label={t('view.rates')}
        columns={rateColumns(t, i18n.language, list.currency)}
        rows={rates.data?.pages.flatMap((page) => page.items)}
        rowKey={(row) => `${row.direction} ${row.prefix} ${row.from}`}
        error={rates.error}
        onRetry={() => void rates.refetch()}
        tall
        empty={
          search ? (
            <EmptyState title={t('common:nothing_found')} />
          ) : (
            <EmptyState title={t('rate.empty')}>{t('rate.empty_note')}</EmptyState>
          )
        }
      />
      <More of={rates} className="mt-3" />
    </>
  );
}

function Deeds({ list }: { list: List }) {
  const { t, i18n } = useTranslation('prices');
  const say = useProblemText();
  const navigate = useNavigate();
  const publish = usePublishPriceList();
  const remove = useRemovePriceList();
  const file = useDeckFile();
  const [open, setOpen] = useState<'import' | 'publish' | 'remove' | null>(null);
  const close = () => {
    setOpen(null);
    publish.reset();
    remove.reset();
  };
  const draft = list.state === 'draft';
  return (
    <>
      {draft && <Button onClick={() => setOpen('import')}>{t('deck.menu')}</Button>}
      {draft && (
        <Button look="primary" onClick={() => setOpen('publish')}>
          {t('publish.action')}
        </Button>
      )}
      <MoreMenu label={t('common:more')}>
        <MenuItem onSelect={() => file.mutate(list, { onError: (why) => toast(say(why)) })}>
          {t('deck.export')}
        </MenuItem>
        {draft && <MenuLine />}
        {draft && <MenuItem onSelect={() => setOpen('remove')}>{t('remove.action')}</MenuItem>}
      </MoreMenu>
      {open === 'import' && <DeckImport list={list} onClose={close} />}
      <Confirm
        open={open === 'publish'}
        onClose={close}
        gentle
        title={t('publish.title')}
        action={t('publish.action')}
        busy={publish.isPending}
        error={publish.isError ? say(publish.error) : null}
        onConfirm={() => publish.mutate(list.id, { onSuccess: close })}
      >
        {t('publish.text', { day: day(list.effective, i18n.language) })}
      </Confirm>
      <Confirm
        open={open === 'remove'}
        onClose={close}
        title={t('remove.title')}
        action={t('remove.action')}
        busy={remove.isPending}
        error={remove.isError ? say(remove.error) : null}
        onConfirm={() => remove.mutate(list.id, { onSuccess: () => void navigate({ to: paths.operatorPriceLists }) })}
      >
        {t('remove.text')}
      </Confirm>
    </>
  );
}
