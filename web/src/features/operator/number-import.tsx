import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Schemas } from '../../api/types';
import { useNow } from '../../hooks';
import { ago, money, phone } from '../../i18n/format';
import { useProblemText } from '../../i18n/problems';
import { usePrices } from '../../prices';
import { Badge } from '../../ui/badge';
import { Button } from '../../ui/button';
import { CsvField } from '../../ui/csv-field';
import { Dialog } from '../../ui/overlay';
import { Note } from '../../ui/state';
import { type Column, DataTable, TwoLines } from '../../ui/table';
import { toast } from '../../ui/toast';
import { useImport, useImports, usePreviewImport, useUndoImport } from './queries';

type Row = Schemas['ImportRow'];
/** As the server takes it, in bytes. */
const LARGEST = 1024 * 1024;
const FREE_TEMPLATE = 'number,gateway,gateway_port,kind,area\n';
const TEMPLATE = 'number,gateway,gateway_port,kind,area,monthly,setup,currency\n';

/** Numbers from a file: chosen, looked at row by row, then taken in. */
export function NumberImport({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation('operator');
  const say = useProblemText();
  const preview = usePreviewImport();
  const take = useImport();
  const [file, setFile] = useState<{ name: string; body: string } | null>(null);
  const [key, setKey] = useState('');
  const choose = async (chosen: File | null) => {
    preview.reset();
    take.reset();
    setFile(null);
    if (!chosen) return;
    const body = await chosen.text();
    setFile({ name: chosen.name, body });
    setKey(crypto.randomUUID());
    preview.mutate(body);
  };
  const prices = usePrices();
  const found = preview.data;
  const fault = preview.error ?? take.error;
  return (
    <Dialog wide open onClose={onClose} title={t('import.title')} note={t('import.note')}>
      <div className="flex flex-col gap-4">
        <CsvField
          label={t('import.file')}
          hint={t(prices ? 'import.columns' : 'import.columns_free')}
          largest={LARGEST}
          tooLarge={t('import.too_large')}
          template={{ file: 'numbers.csv', text: prices ? TEMPLATE : FREE_TEMPLATE, label: t('import.template') }}
          onChoose={(chosen) => void choose(chosen)}
        />
        {fault && <Note tone="bad" title={say(fault)} />}
        {found && (
          <>
            <Note
              tone={found.good === found.total ? 'ok' : 'warn'}
              title={t('import.found', { good: found.good, total: found.total })}
            />
            <DataTable
              label={t('import.rows')}
              columns={columnsOf(t).filter((column) => prices || column.key !== 'monthly')}
              rows={found.rows}
              rowKey={(row) => String(row.line)}
              empty={null}
            />
            <Button
              look="primary"
              className="self-start"
              disabled={found.good === 0}
              busy={take.isPending}
              onClick={() =>
                file &&
                take.mutate(
                  { ...file, key },
                  {
                    onSuccess: (made) => {
                      toast(t('block.added', { count: made.numbers }));
                      onClose();
                    },
                  },
                )
              }
            >
              {t('import.action', { count: found.good })}
            </Button>
          </>
        )}
        {!found && <Imports />}
      </div>
    </Dialog>
  );
}

function columnsOf(t: ReturnType<typeof useTranslation<'operator'>>['t']): Column<Row>[] {
  return [
    { key: 'line', head: t('import.line'), number: true, cell: (row) => row.line },
    {
      key: 'number',
      head: t('numbers.number'),
      names: true,
      cell: (row) => <TwoLines main={phone(row.number)} sub={row.gateway_port} />,
    },
    {
      key: 'monthly',
      head: t('numbers.monthly'),
      number: true,
      from: 'md',
      cell: (row) => row.monthly && money(row.monthly),
    },
    {
      key: 'errors',
      head: t('import.verdict'),
      className: 'max-w-72',
      cell: (row) =>
        row.errors.length === 0 ? (
          <Badge tone="ok">{t('import.good')}</Badge>
        ) : (
          <ul className="py-1 text-bad">
            {row.errors.map((one) => (
              <li key={`${one.field} ${one.code}`}>{t(`import.fault.${one.code}`, { defaultValue: one.text })}</li>
            ))}
          </ul>
        ),
    },
  ];
}

/** Files taken in before; one whose numbers nobody has touched can be taken out again. */
function Imports() {
  const { t } = useTranslation('operator');
  const say = useProblemText();
  const imports = useImports();
  const undo = useUndoImport();
  const now = useNow(60_000);
  if (!imports.data || imports.data.length === 0) return null;
  return (
    <section className="flex flex-col gap-2">
      <h3 className="text-14 font-semibold">{t('import.before')}</h3>
      {undo.isError && <Note tone="bad" title={say(undo.error)} />}
      <ul className="rounded-md border border-line text-13">
        {imports.data.map((one) => (
          <li key={one.id} className="flex items-center gap-3 border-line px-3 py-2 not-last:border-b">
            <span className="min-w-0 grow">
              <span className="block truncate font-medium">{one.name}</span>
              <span className="text-12 text-ink-3">
                {t('import.count', { count: one.numbers })} · {ago(one.created_at, now)}
              </span>
            </span>
            {one.undone_at ? (
              <Badge tone="line">{t('import.undone')}</Badge>
            ) : (
              <Button
                size="xs"
                disabled={!one.untouched}
                busy={undo.isPending && undo.variables === one.id}
                title={one.untouched ? '' : t('import.touched')}
                onClick={() => undo.mutate(one.id, { onSuccess: () => toast(t('import.undone')) })}
              >
                {t('import.undo')}
              </Button>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}
