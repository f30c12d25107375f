import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Schemas } from '../../../api/types';
import { useProblemText } from '../../../i18n/problems';
import { Button } from '../../../ui/button';
import { CsvField } from '../../../ui/csv-field';
import { Dialog } from '../../../ui/overlay';
import { Note } from '../../../ui/state';
import { DataTable } from '../../../ui/table';
import { toast } from '../../../ui/toast';
import { RateChanges, Sums } from './comparison';
import { usePreviewDeck, usePutDeck } from './queries';

/** As the server takes it, in bytes. */
const LARGEST = 32 * 1024 * 1024;
const TEMPLATE = 'prefix,name,direction,class,per_minute,setup,minimum,increment,from,until\n';

/** Rates from a file: chosen, looked at fault by fault and change by change, then taken in. */
export function DeckImport({ list, onClose }: { list: Schemas['PriceList']; onClose: () => void }) {
  const { t } = useTranslation('prices');
  const say = useProblemText();
  const preview = usePreviewDeck(list.id);
  const take = usePutDeck(list.id);
  const [body, setBody] = useState('');
  const choose = async (file: File | null) => {
    preview.reset();
    take.reset();
    if (!file) return;
    const text = await file.text();
    setBody(text);
    preview.mutate(text);
  };
  const found = preview.data;
  const fault = preview.error ?? take.error;
  return (
    <Dialog wide open onClose={onClose} title={t('deck.title')} note={t('deck.note')}>
      <div className="flex flex-col gap-4">
        <CsvField
          label={t('deck.file')}
          hint={t('deck.columns')}
          largest={LARGEST}
          tooLarge={t('deck.too_large')}
          template={{ file: 'rates.csv', text: TEMPLATE, label: t('deck.template') }}
          onChoose={(file) => void choose(file)}
        />
        {fault && <Note tone="bad" title={say(fault)} />}
        {found && (
          <>
            <Note tone={found.bad === 0 ? 'ok' : 'warn'} title={t('deck.found', { good: found.good, bad: found.bad })}>
              {found.bad > 0 && t('deck.left_out')}
            </Note>
            {found.errors.length > 0 && (
              <DataTable
                label={t('deck.faults')}
                rows={found.errors}
                rowKey={(row) => `${row.line} ${row.column} ${row.text}`}
                empty={null}
                columns={[
                  { key: 'line', head: t('deck.line'), number: true, names: true, cell: (row) => row.line },
                  { key: 'column', head: t('deck.column'), cell: (row) => <code>{row.column}</code> },
                  { key: 'text', head: t('deck.why'), cell: (row) => row.text },
                ]}
              />
            )}
            <Sums of={found.summary} />
            {found.changes.length > 0 && <RateChanges rows={found.changes} currency={list.currency} />}
            <Button
              look="primary"
              className="self-start"
              disabled={found.good === 0}
              busy={take.isPending}
              onClick={() =>
                take.mutate(body, {
                  onSuccess: () => {
                    toast(t('deck.taken', { count: found.good }));
                    onClose();
                  },
                })
              }
            >
              {t('deck.action', { count: found.good })}
            </Button>
          </>
        )}
      </div>
    </Dialog>
  );
}
