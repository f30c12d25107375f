/** What callers are played: the list, making one, changing one. */
import { Plus } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Prompt } from '../../api/types';
import { can } from '../../can';
import { useMe } from '../../hooks';
import { clock, date } from '../../i18n/format';
import { useProblemText } from '../../i18n/problems';
import { Badge } from '../../ui/badge';
import { Button } from '../../ui/button';
import { SearchField, TextField } from '../../ui/field';
import { MenuItem, MenuLine, MoreMenu } from '../../ui/menu';
import { Confirm, Dialog, Sheet } from '../../ui/overlay';
import { Page } from '../../ui/page';
import { EmptyState, Note } from '../../ui/state';
import { type Column, DataTable, TwoLines } from '../../ui/table';
import { toast } from '../../ui/toast';
import { PromptEditor } from './editor';
import { languageName } from './languages';
import { useAddPrompt, usePrompts, useRemovePrompt, useRestorePrompt } from './queries';

export function PromptsPage() {
  const { t } = useTranslation('prompts');
  const me = useMe();
  const list = usePrompts();
  const [text, setText] = useState('');
  const [making, setMaking] = useState(false);
  const [open, setOpen] = useState<string | null>(null);
  const [leaving, setLeaving] = useState<Prompt | null>(null);
  const writes = can(me, 'prompts:write');
  const wanted = text.trim().toLowerCase();
  const rows = list.data?.filter((row) => row.name.toLowerCase().includes(wanted));
  const shown = list.data?.find((row) => row.id === open);
  const add = writes && (
    <Button size="sm" look="primary" onClick={() => setMaking(true)}>
      <Plus aria-hidden className="size-4" />
      {t('make')}
    </Button>
  );
  return (
    <Page title={t('title')} actions={add}>
      <div className="mb-4 flex flex-wrap items-center gap-x-6 gap-y-2">
        <SearchField label={t('search')} value={text} onChange={setText} />
      </div>
      <DataTable
        label={t('title')}
        columns={useColumns({ writes, open: (row) => setOpen(row.id), remove: setLeaving })}
        rows={rows}
        rowKey={(row) => row.id}
        error={list.error}
        onRetry={() => void list.refetch()}
        onOpen={(row) => setOpen(row.id)}
        tall
        empty={
          wanted ? (
            <EmptyState
              title={t('nothing', { text: text.trim() })}
              action={<Button onClick={() => setText('')}>{t('clear')}</Button>}
            />
          ) : (
            <EmptyState title={t('empty')} action={add}>
              {t('empty_note')}
            </EmptyState>
          )
        }
      />
      <MakePrompt
        open={making}
        onClose={() => setMaking(false)}
        onMade={(prompt) => {
          setMaking(false);
          setOpen(prompt.id);
        }}
      />
      <Sheet
        open={shown !== undefined}
        onClose={() => setOpen(null)}
        title={shown?.name ?? t('title')}
        note={shown && shown.used_by.length > 0 ? t('used_by', { names: names(shown) }) : t('unused')}
      >
        {shown && <PromptEditor key={shown.id} prompt={shown} writes={writes} />}
      </Sheet>
      <RemovePrompt prompt={leaving} onClose={() => setLeaving(null)} />
    </Page>
  );
}

const names = (prompt: Prompt): string => prompt.used_by.map((one) => one.name).join(', ');

function useColumns(deeds: {
  writes: boolean;
  open: (row: Prompt) => void;
  remove: (row: Prompt) => void;
}): Column<Prompt>[] {
  const { t, i18n } = useTranslation('prompts');
  return [
    {
      key: 'name',
      head: t('column.name'),
      names: true,
      className: 'max-w-80',
      cell: (row) => (
        <TwoLines main={row.name} sub={row.used_by.length > 0 ? t('used_by', { names: names(row) }) : t('unused')} />
      ),
    },
    {
      key: 'languages',
      head: t('column.languages'),
      cell: (row) =>
        row.audio.length === 0 ? (
          <Badge tone="warn">{t('no_sound')}</Badge>
        ) : (
          <span className="flex flex-wrap gap-1">
            {row.audio.map((one) => (
              <Badge key={one.language} tone="line">
                {languageName(one.language, i18n.language)}
              </Badge>
            ))}
          </span>
        ),
    },
    {
      key: 'length',
      head: t('column.length'),
      number: true,
      from: 'md',
      cell: (row) => <span className="num">{row.audio[0] ? clock(row.audio[0].duration_ms) : '–'}</span>,
    },
    {
      key: 'changed',
      head: t('column.changed'),
      from: 'lg',
      cell: (row) => <span className="text-ink-2">{date(row.updated_at)}</span>,
    },
    {
      key: 'deeds',
      head: <span className="sr-only">{t('column.deeds')}</span>,
      className: 'w-12 text-right',
      cell: (row) =>
        deeds.writes && (
          <MoreMenu label={t('more_of', { name: row.name })}>
            <MenuItem onSelect={() => deeds.open(row)}>{t('change')}</MenuItem>
            <MenuLine />
            <MenuItem danger onSelect={() => deeds.remove(row)}>
              {t('remove')}
            </MenuItem>
          </MoreMenu>
        ),
    },
  ];
}

function MakePrompt(props: { open: boolean; onClose: () => void; onMade: (prompt: Prompt) => void }) {
  const { t } = useTranslation('prompts');
  const say = useProblemText();
  const add = useAddPrompt();
  const [name, setName] = useState('');
  const [key] = useState(() => crypto.randomUUID());
  const wanted = name.trim();
  return (
    <Dialog open={props.open} onClose={props.onClose} title={t('make')} note={t('make_note')}>
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          if (!wanted || add.isPending) return;
          add.mutate(
            { name: wanted, key: `${key}-${wanted}` },
            {
              onSuccess: (prompt) => {
                setName('');
                props.onMade(prompt);
              },
            },
          );
        }}
      >
        <TextField
          label={t('name')}
          hint={t('name_hint')}
          value={name}
          maxLength={80}
          autoComplete="off"
          onChange={(event) => setName(event.target.value)}
        />
        {add.isError && <Note tone="bad" title={say(add.error)} />}
        <Button
          type="submit"
          look="primary"
          className="self-start"
          busy={add.isPending}
          reason={!wanted && t('name_first')}
        >
          {t('go_on')}
        </Button>
      </form>
    </Dialog>
  );
}

function RemovePrompt(props: { prompt: Prompt | null; onClose: () => void }) {
  const { t } = useTranslation('prompts');
  const say = useProblemText();
  const remove = useRemovePrompt();
  const restore = useRestorePrompt();
  const { prompt } = props;
  const used = prompt !== null && prompt.used_by.length > 0;
  return (
    <Confirm
      open={prompt !== null}
      onClose={props.onClose}
      title={t('remove_title', { name: prompt?.name })}
      action={t('remove')}
      busy={remove.isPending}
      error={remove.isError ? say(remove.error) : null}
      onConfirm={() =>
        prompt &&
        remove.mutate(prompt.id, {
          onSuccess: () => {
            toast(t('removed', { name: prompt.name }), {
              label: t('undo'),
              onUndo: () => restore.mutate(prompt.id),
            });
            props.onClose();
          },
        })
      }
    >
      {used && prompt ? t('remove_used', { names: names(prompt) }) : t('remove_note')}
    </Confirm>
  );
}
