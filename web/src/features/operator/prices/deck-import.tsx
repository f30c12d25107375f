import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Schemas } from '../../../api/types';
import { useProblemText } from '../../../i18n/problems';
import { Button } from '../../../ui/button';
import { Field } from '../../../ui/field';
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
  const [large, setLarge] = useState(false);
  const choose = async (chosen: File | undefined) => {
    preview.reset();
    take.reset();
    setLarge(chosen !== undefined && chosen.size > LARGEST);
    if (!chosen || chosen.size > LARGEST) return;
    const text = await chosen.text();
    setBody(text);
    preview.mutate(text);
  };
  const found = preview.data;
  const fault = preview.error ?? take.error;
  return (
    <Dialog wide open onClose={onClose} title={t('deck.title')} note={t('deck.note')}>
      <div className="flex flex-col gap-4">
        <Field label={t('deck.file')} hint={t('deck.columns')} error={large ? t('deck.too_large') : null}>
          {(wiring) => (
            <input
              {...wiring}
              type="file"
              accept=".csv,text/csv"
              className="text-13 file:mr-3 file:h-8 file:rounded-md file:border file:border-line-strong file:bg-panel file:px-3 file:text-13"
              onChange={(event) => void choose(event.target.files?.[0])}
            />
          )}
        </Field>
        <a
          className="self-start text-13 font-medium text-brand underline"
          download="rates.csv"
          href={`data:text/csv;charset=utf-8,${encodeURIComponent(TEMPLATE)}`}
        >
          {t('deck.template')}
        </a>
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
