import { Link, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Schemas } from '../../../api/types';
import { count } from '../../../i18n/format';
import { useProblemText } from '../../../i18n/problems';
import { paths } from '../../../paths';
import { Button, buttonClass } from '../../../ui/button';
import { Field, TextField } from '../../../ui/field';
import { Dialog } from '../../../ui/overlay';
import { Page } from '../../../ui/page';
import { Select } from '../../../ui/select';
import { EmptyState, Note } from '../../../ui/state';
import { type Column, DataTable, TwoLines } from '../../../ui/table';
import { useAddPriceList, usePriceLists } from './queries';
import { day, ListState } from './words';

type List = Schemas['PriceList'];

/** What the operator asks for, version by version. */
export function PriceListsPage() {
  const { t } = useTranslation('prices');
  const lists = usePriceLists();
  const navigate = useNavigate();
  const [adding, setAdding] = useState(false);
  const open = (id: string) => void navigate({ to: paths.operatorPriceList(id) });
  const add = (
    <Button look="primary" onClick={() => setAdding(true)}>
      {t('new.action')}
    </Button>
  );
  return (
    <Page
      title={t('title')}
      actions={
        <>
          <Link to={paths.operatorUnrated} className={buttonClass({})}>
            {t('unrated.title')}
          </Link>
          {lists.data && lists.data.length > 0 && add}
        </>
      }
    >
      <p className="mb-4 max-w-[72ch] text-13 text-ink-2">{t('note')}</p>
      <DataTable
        label={t('title')}
        columns={useColumns()}
        rows={lists.data}
        rowKey={(row) => row.id}
        error={lists.error}
        onRetry={() => void lists.refetch()}
        onOpen={(row) => open(row.id)}
        tall
        empty={
          <EmptyState title={t('empty')} action={add}>
            {t('empty_note')}
          </EmptyState>
        }
      />
      {adding && <NewList lists={lists.data ?? []} onClose={() => setAdding(false)} onDone={open} />}
    </Page>
  );
}

function useColumns(): Column<List>[] {
  const { t, i18n } = useTranslation('prices');
  return [
    {
      key: 'version',
      head: t('version_head'),
      names: true,
      cell: (row) => <TwoLines main={t('version', { currency: row.currency, version: row.version })} sub={row.note} />,
    },
    { key: 'state', head: t('state_head'), cell: (row) => <ListState of={row} /> },
    { key: 'effective', head: t('effective'), from: 'md', cell: (row) => day(row.effective, i18n.language) },
    { key: 'rates', head: t('rates'), number: true, from: 'md', cell: (row) => count(row.rates) },
  ];
}

const tomorrow = () => new Date(Date.now() + 86_400_000).toISOString().slice(0, 10);

function NewList(props: { lists: List[]; onClose: () => void; onDone: (id: string) => void }) {
  const { t } = useTranslation('prices');
  const say = useProblemText();
  const add = useAddPriceList();
  const [key] = useState(() => crypto.randomUUID());
  const [currency, setCurrency] = useState(props.lists[0]?.currency ?? 'USD');
  const [effective, setEffective] = useState(tomorrow);
  const [note, setNote] = useState('');
  const same = props.lists.filter((list) => list.currency === currency);
  const [copy, setCopy] = useState<string>(same[0]?.id ?? 'none');
  const copied = same.some((list) => list.id === copy) ? copy : 'none';
  const known = /^[A-Z]{3}$/.test(currency);
  return (
    <Dialog
      open
      onClose={props.onClose}
      title={t('new.title')}
      foot={
        <Button
          look="primary"
          busy={add.isPending}
          reason={(!known && t('new.currency_first')) || (!effective && t('new.day_first'))}
          onClick={() =>
            add.mutate(
              {
                key,
                currency,
                effective,
                ...(note.trim() ? { note: note.trim() } : {}),
                ...(copied === 'none' ? {} : { copy_of: copied }),
              },
              { onSuccess: (made) => props.onDone((made as List).id) },
            )
          }
        >
          {t('new.action')}
        </Button>
      }
    >
      <div className="flex flex-col gap-4">
        <TextField
          label={t('currency')}
          hint={t('new.currency_hint')}
          value={currency}
          maxLength={3}
          autoCapitalize="characters"
          onChange={(event) => setCurrency(event.target.value.toUpperCase())}
        />
        <TextField
          label={t('effective')}
          hint={t('effective_hint')}
          type="date"
          value={effective}
          onChange={(event) => setEffective(event.target.value)}
        />
        <Field label={t('new.copy')}>
          {(wiring) => (
            <Select
              {...wiring}
              value={copied}
              onChange={setCopy}
              options={[
                { value: 'none', label: t('new.copy_none') },
                ...same.map((list) => ({
                  value: list.id,
                  label: t('version', { currency: list.currency, version: list.version }),
                })),
              ]}
            />
          )}
        </Field>
        <TextField
          label={t('note_label')}
          hint={t('common:optional')}
          maxLength={300}
          value={note}
          onChange={(event) => setNote(event.target.value)}
        />
        {add.isError && <Note tone="bad" title={say(add.error)} />}
      </div>
    </Dialog>
  );
}
