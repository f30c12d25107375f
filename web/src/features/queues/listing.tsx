import { Plus } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { can } from '../../can';
import { useMe } from '../../hooks';
import { useProblemText } from '../../i18n/problems';
import { Button } from '../../ui/button';
import { MenuItem, MoreMenu } from '../../ui/menu';
import { Confirm, Sheet } from '../../ui/overlay';
import { EmptyState } from '../../ui/state';
import { type Column, DataTable } from '../../ui/table';
import { toast } from '../../ui/toast';

type Named = { id: string; name: string };
type Noun = 'queues' | 'skills' | 'reasons' | 'dispositions';

/** Things with a name: a table, a sheet that makes and changes one, and the question before one is removed. */
export function Listing<Row extends Named>(props: {
  noun: Noun;
  query: { data: Row[] | undefined; error: unknown; refetch: () => unknown };
  columns: Column<Row>[];
  remove: { mutate: (id: string, then: { onSuccess: () => void }) => void; isPending: boolean; error: unknown };
  form: (row: Row | undefined, done: () => void) => ReactNode;
}) {
  const { t } = useTranslation('queues');
  const me = useMe();
  const say = useProblemText();
  const [open, setOpen] = useState<{ row?: Row } | null>(null);
  const [leaving, setLeaving] = useState<Row | null>(null);
  const writes = can(me, 'queues:write');
  const word = (what: string) => t(`${props.noun}.${what}` as `queues.title`);
  const add = writes && (
    <Button size="sm" look="primary" onClick={() => setOpen({})}>
      <Plus aria-hidden className="size-4" />
      {word('add')}
    </Button>
  );
  const more: Column<Row> = {
    key: 'more',
    head: <span className="sr-only">{t('common:more')}</span>,
    className: 'w-10',
    cell: (row) =>
      writes && (
        <MoreMenu label={t('more_of', { name: row.name })}>
          <MenuItem onSelect={() => setOpen({ row })}>{t('change')}</MenuItem>
          <MenuItem danger onSelect={() => setLeaving(row)}>
            {t('remove')}
          </MenuItem>
        </MoreMenu>
      ),
  };
  return (
    <section aria-labelledby={props.noun} className="flex min-w-0 flex-col gap-3">
      <div className="flex min-h-8 items-center gap-2">
        <div className="min-w-0 grow">
          <h2 id={props.noun} className="text-14 font-semibold">
            {word('title')}
          </h2>
          <p className="text-13 text-ink-2">{word('note')}</p>
        </div>
        {add}
      </div>
      <DataTable
        label={word('title')}
        columns={[...props.columns, more]}
        rows={props.query.data}
        rowKey={(row) => row.id}
        error={props.query.error}
        onRetry={() => void props.query.refetch()}
        tall
        empty={
          <EmptyState title={word('empty')} action={add}>
            {word('empty_note')}
          </EmptyState>
        }
      />
      <Sheet
        open={open !== null}
        onClose={() => setOpen(null)}
        title={open?.row ? t('change') : word('add')}
        note={open?.row?.name}
      >
        {open && props.form(open.row, () => setOpen(null))}
      </Sheet>
      <Confirm
        open={leaving !== null}
        onClose={() => setLeaving(null)}
        title={t('remove_title', { name: leaving?.name })}
        action={t('remove')}
        busy={props.remove.isPending}
        error={props.remove.error ? say(props.remove.error) : null}
        onConfirm={() =>
          leaving &&
          props.remove.mutate(leaving.id, {
            onSuccess: () => {
              toast(t('removed', { name: leaving.name }));
              setLeaving(null);
            },
          })
        }
      >
        {word('remove_text')}
      </Confirm>
    </section>
  );
}
