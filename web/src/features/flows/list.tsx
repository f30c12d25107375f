import { useNavigate } from '@tanstack/react-router';
import { Plus } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { can } from '../../can';
import { useMe, useNow } from '../../hooks';
import { ago, phone } from '../../i18n/format';
import { useProblemText } from '../../i18n/problems';
import { paths } from '../../paths';
import { Badge, StatusDot } from '../../ui/badge';
import { Button } from '../../ui/button';
import { SearchField, TextField } from '../../ui/field';
import { MenuItem, MoreMenu } from '../../ui/menu';
import { Dialog } from '../../ui/overlay';
import { Page } from '../../ui/page';
import { EmptyState, Note } from '../../ui/state';
import { type Column, DataTable, TwoLines } from '../../ui/table';
import { toast } from '../../ui/toast';
import { useLateDeletion } from './late-deletion';
import { MakeFlow } from './make';
import { type FlowSummary, useDuplicateFlow, useFlows, useRenameFlow } from './queries';

export function FlowsPage() {
  const { t } = useTranslation('flows');
  const me = useMe();
  const say = useProblemText();
  const navigate = useNavigate();
  const flows = useFlows();
  const [text, setText] = useState('');
  const [making, setMaking] = useState(false);
  const [renaming, setRenaming] = useState<FlowSummary | null>(null);
  const writes = can(me, 'flows:write');
  const open = (id: string) => void navigate({ to: paths.flow('$id'), params: { id } as never });
  const copy = useDuplicateFlow();
  const deletion = useLateDeletion();
  const low = text.trim().toLowerCase();
  const there = flows.data?.filter((one) => !deletion.leaving.has(one.id));
  const rows = there?.filter((one) => one.name.toLowerCase().includes(low));
  const none = there?.length === 0;
  const add = writes && (
    <Button size="sm" look="primary" onClick={() => setMaking(true)}>
      <Plus aria-hidden className="size-4" />
      {t('make')}
    </Button>
  );
  const deleteOne = (flow: FlowSummary) => {
    const takeBack = deletion.begin(flow.id);
    toast(t('deleted', { name: flow.name }), { label: t('undo'), onUndo: takeBack });
  };
  const duplicate = (flow: FlowSummary) =>
    copy.mutate(
      { id: flow.id, name: t('copy_of', { name: flow.name }), key: crypto.randomUUID() },
      { onSuccess: (made) => open(made.id) },
    );
  const problem = deletion.error ?? copy.error;
  return (
    <Page title={t('title')} actions={!none && add}>
      {Boolean(problem) && <Note className="mb-4" tone="bad" title={say(problem)} />}
      {!none && (
        <div className="mb-4">
          <SearchField label={t('find')} value={text} onChange={setText} />
        </div>
      )}
      <DataTable
        label={t('title')}
        columns={useColumns({ open, duplicate, deleteOne, rename: setRenaming, writes })}
        rows={rows}
        rowKey={(row) => row.id}
        error={flows.error}
        onRetry={() => void flows.refetch()}
        onOpen={(row) => open(row.id)}
        tall
        empty={
          low ? (
            <EmptyState title={t('common:nothing_found')} />
          ) : (
            <EmptyState title={t('empty')} action={add}>
              {t(writes ? 'empty_note' : 'empty_note_read')}
            </EmptyState>
          )
        }
      />
      <MakeFlow open={making} onClose={() => setMaking(false)} onMade={(flow) => open(flow.id)} />
      <Rename key={renaming?.id ?? ''} flow={renaming} onClose={() => setRenaming(null)} />
    </Page>
  );
}

function useColumns(does: {
  open: (id: string) => void;
  duplicate: (flow: FlowSummary) => void;
  deleteOne: (flow: FlowSummary) => void;
  rename: (flow: FlowSummary) => void;
  writes: boolean;
}): Column<FlowSummary>[] {
  const { t } = useTranslation('flows');
  const now = useNow(30_000);
  return [
    {
      key: 'name',
      head: t('columns.name'),
      names: true,
      cell: (row) => <TwoLines main={row.name} sub={t('changed', { ago: ago(row.changed_at, now) })} />,
    },
    {
      key: 'state',
      head: t('columns.state'),
      cell: (row) => (
        <span className="flex flex-wrap items-center gap-x-3 gap-y-1">
          {row.live ? (
            <StatusDot tone="ok">{t('live', { number: row.live })}</StatusDot>
          ) : (
            <StatusDot tone="line">{t('never')}</StatusDot>
          )}
          {row.live && row.is_changed && <Badge>{t('draft')}</Badge>}
        </span>
      ),
    },
    {
      key: 'numbers',
      head: t('columns.numbers'),
      from: 'md',
      cell: (row) =>
        row.numbers.length === 0 ? (
          <span className="text-ink-3">{t('no_numbers')}</span>
        ) : (
          <span className="num block max-w-72 truncate">{row.numbers.map(phone).join(', ')}</span>
        ),
    },
    {
      key: 'more',
      head: <span className="sr-only">{t('common:more')}</span>,
      className: 'w-10',
      cell: (row) => (
        <MoreMenu label={t('more_of', { name: row.name })}>
          <MenuItem onSelect={() => does.open(row.id)}>{t('open')}</MenuItem>
          {does.writes && <MenuItem onSelect={() => does.rename(row)}>{t('rename')}</MenuItem>}
          {does.writes && <MenuItem onSelect={() => does.duplicate(row)}>{t('duplicate')}</MenuItem>}
          {does.writes && (
            <MenuItem danger disabled={row.numbers.length > 0} onSelect={() => does.deleteOne(row)}>
              {t(row.numbers.length > 0 ? 'in_use' : 'delete')}
            </MenuItem>
          )}
        </MoreMenu>
      ),
    },
  ];
}

function Rename({ flow, onClose }: { flow: FlowSummary | null; onClose: () => void }) {
  const { t } = useTranslation('flows');
  const say = useProblemText();
  const rename = useRenameFlow();
  const [name, setName] = useState(flow?.name ?? '');
  return (
    <Dialog open={flow !== null} onClose={onClose} title={t('rename')}>
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          if (flow && name.trim()) rename.mutate({ id: flow.id, name: name.trim() }, { onSuccess: onClose });
        }}
      >
        <TextField label={t('name')} value={name} maxLength={80} onChange={(event) => setName(event.target.value)} />
        {rename.isError && <Note tone="bad" title={say(rename.error)} />}
        <Button type="submit" look="primary" className="self-end" busy={rename.isPending}>
          {t('common:save')}
        </Button>
      </form>
    </Dialog>
  );
}
