import { useNavigate, useSearch } from '@tanstack/react-router';
import { Download, ShieldCheck, X } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import type { AuditEntry } from '../../api/types';
import { useNow } from '../../hooks';
import { recently } from '../../i18n/format';
import { useProblemText } from '../../i18n/problems';
import { Button } from '../../ui/button';
import { DayField, daysBetween } from '../../ui/days';
import { Field } from '../../ui/field';
import { Menu, MenuItem } from '../../ui/menu';
import { More } from '../../ui/more';
import { Page } from '../../ui/page';
import { Select } from '../../ui/select';
import { EmptyState, Note } from '../../ui/state';
import { type Column, DataTable, TwoLines } from '../../ui/table';
import { toast } from '../../ui/toast';
import { shownColumns, useListState } from '../views/list-state';
import { ViewBar } from '../views/view-bar';
import { EntrySheet } from './entry-sheet';
import { type Book, type FileKind, type Filter, useAudit, useAuditFile, useVerifyAudit } from './queries';
import { about, deed, who } from './words';

/** What a company filters by: the first word of an action. */
const SUBJECTS = {
  company: [
    'seat',
    'device',
    'member',
    'department',
    'team',
    'invitation',
    'number',
    'gateway_port',
    'session',
    'user',
    'api_key',
    'seat_token',
    'webhook',
    'prompt',
    'speech',
    'recording',
    'recording_policy',
    'company',
    'support',
    'call',
    'audit',
  ],
  platform: ['created', 'updated', 'deleted', 'support', 'session', 'audit'],
} as const;

const FILTERS = ['actor', 'what', 'entity', 'from', 'to'] as const;

type Search = { actor?: string; what?: string; entity?: string; from?: string; to?: string; line?: string };

export function AuditPage() {
  return <AuditLog book="company" />;
}

export function AuditLog({ book }: { book: Book }) {
  const { t } = useTranslation('audit');
  const navigate = useNavigate();
  const search = useSearch({ strict: false }) as Search;
  const filter = read(search);
  const list = useAudit(book, filter);
  const [verify, file] = [useVerifyAudit(book), useAuditFile(book)];
  const rows = list.data?.pages.flatMap((page) => page.items);
  const go = (change: Partial<Search>) => {
    const next = { ...search, ...change };
    const kept = Object.fromEntries(Object.entries(next).filter(([, value]) => value));
    void navigate({ to: '.', search: kept as never });
  };
  const only = (wanted: Filter) => go({ line: '', actor: wanted.actor ?? '', entity: wanted.entity_id ?? '' });
  const filtered = Object.keys(filter).length > 0;
  const state = useListState(FILTERS);
  const columns = useColumns((line) => go({ line }));
  return (
    <Page title={t('title')} actions={<Deeds verify={verify} file={file} filter={filter} />}>
      <p className="mb-4 max-w-[72ch] text-13 text-ink-2">{t(`note.${book}`)}</p>
      <Found verify={verify} file={file} />
      <div className="flex flex-wrap items-end justify-between gap-x-3">
        <Filters book={book} search={search} onChange={go} />
        {book === 'company' && (
          <div className="mb-4">
            <ViewBar list="audit" state={state} columns={columns} />
          </div>
        )}
      </div>
      <DataTable
        label={t('title')}
        columns={shownColumns(columns, state.columns)}
        rows={rows}
        rowKey={(row) => row.id}
        error={list.error}
        onRetry={() => void list.refetch()}
        onOpen={(row) => go({ line: row.id })}
        selected={search.line ?? null}
        tall
        empty={
          filtered ? (
            <EmptyState
              title={t('nothing')}
              action={<Button onClick={() => void navigate({ to: '.', search: {} as never })}>{t('clear')}</Button>}
            />
          ) : (
            <EmptyState title={t('empty')}>{t('empty_note')}</EmptyState>
          )
        }
      />
      <More of={list} className="mt-3" />
      <EntrySheet
        of={rows?.find((one) => one.id === search.line) ?? null}
        onClose={() => go({ line: '' })}
        onOnly={only}
      />
    </Page>
  );
}

function read(search: Search): Filter {
  return {
    ...(search.actor ? { actor: search.actor } : {}),
    ...(search.what ? { action: search.what } : {}),
    ...(search.entity ? { entity_id: search.entity } : {}),
    ...daysBetween(search.from, search.to),
  };
}

function Filters(props: { book: Book; search: Search; onChange: (change: Partial<Search>) => void }) {
  const { t } = useTranslation('audit');
  const { search, onChange } = props;
  const subjects = SUBJECTS[props.book].map((value) => ({
    value: props.book === 'company' ? `${value}.` : value,
    label: t(`subject.${value}`),
  }));
  return (
    <div className="mb-4 flex flex-wrap items-end gap-3">
      <Field label={t('what')} className="w-52">
        {(wiring) => (
          <Select
            {...wiring}
            options={[{ value: 'all', label: t('everything') }, ...subjects]}
            value={search.what ?? 'all'}
            onChange={(value) => onChange({ what: value === 'all' ? '' : value })}
          />
        )}
      </Field>
      <DayField label={t('from')} value={search.from} onChange={(from) => onChange({ from })} />
      <DayField label={t('to')} value={search.to} onChange={(to) => onChange({ to })} />
      {search.actor && (
        <Chip text={t('chip.actor', { actor: search.actor })} onRemove={() => onChange({ actor: '' })} />
      )}
      {search.entity && (
        <Chip text={t('chip.entity', { entity: search.entity })} onRemove={() => onChange({ entity: '' })} />
      )}
    </div>
  );
}

function Chip({ text, onRemove }: { text: string; onRemove: () => void }) {
  const { t } = useTranslation('audit');
  return (
    <span className="inline-flex h-9 max-w-full items-center gap-1 rounded-md bg-hover pl-3 text-13">
      <span className="truncate">{text}</span>
      <button
        type="button"
        aria-label={t('chip.remove', { what: text })}
        onClick={onRemove}
        className="grid size-9 place-items-center text-ink-2 hover:text-ink"
      >
        <X aria-hidden className="size-3.5" />
      </button>
    </span>
  );
}

type Checks = { verify: ReturnType<typeof useVerifyAudit>; file: ReturnType<typeof useAuditFile> };

function Deeds({ verify, file, filter }: Checks & { filter: Filter }) {
  const { t } = useTranslation('audit');
  const take = (format: FileKind) => file.mutate({ format, filter }, { onSuccess: () => toast(t('taken')) });
  return (
    <>
      <Button size="sm" busy={verify.isPending} onClick={() => verify.mutate()}>
        <ShieldCheck aria-hidden className="size-4" />
        {t('verify')}
      </Button>
      <Menu
        trigger={
          <Button size="sm" busy={file.isPending}>
            <Download aria-hidden className="size-4" />
            {t('export')}
          </Button>
        }
      >
        <MenuItem onSelect={() => take('csv')}>{t('as_csv')}</MenuItem>
        <MenuItem onSelect={() => take('jsonl')}>{t('as_jsonl')}</MenuItem>
      </Menu>
    </>
  );
}

/** What came of checking and exporting, until the next time. */
function Found({ verify, file }: Checks) {
  const { t } = useTranslation('audit');
  const say = useProblemText();
  const found = verify.data;
  const failed = verify.error ?? file.error;
  return (
    <div className="flex flex-col gap-3 not-empty:mb-4">
      {failed && <Note tone="bad" title={say(failed)} />}
      {found?.holds && (
        <Note tone="ok" title={t('holds', { count: found.lines })}>
          <code className="text-12 break-all">{t('last_seal', { seal: found.seal })}</code>
        </Note>
      )}
      {found?.broken && (
        <Note tone="bad" title={t('broken', { seq: found.broken.seq })}>
          {t(`flaw.${found.broken.flaw}`)}
        </Note>
      )}
    </div>
  );
}

function useColumns(open: (id: string) => void): Column<AuditEntry>[] {
  const { t } = useTranslation('audit');
  const now = useNow(60_000);
  return [
    {
      key: 'what',
      head: t('what'),
      names: true,
      className: 'max-w-56 md:max-w-80',
      cell: (row) => (
        <TwoLines
          main={deed(t, row.action)}
          sub={
            <>
              <span className="md:hidden">{who(t, row.actor)} · </span>
              {about(row)}
            </>
          }
        />
      ),
    },
    {
      key: 'who',
      head: t('who'),
      label: t('who'),
      from: 'md',
      className: 'max-w-56',
      cell: (row) => (
        <TwoLines
          main={who(t, row.actor)}
          sub={row.actor.acting_as ? t('acting_as_member') : row.actor.name && t(`kind.${row.actor.kind}`)}
        />
      ),
    },
    {
      key: 'address',
      head: t('address'),
      label: t('address'),
      from: 'lg',
      cell: (row) => row.from.address ?? t('nowhere'),
    },
    {
      key: 'when',
      head: t('when'),
      label: t('when'),
      className: 'whitespace-nowrap',
      cell: (row) => recently(row.at, now),
    },
    {
      key: 'open',
      head: <span className="sr-only">{t('open')}</span>,
      from: 'md',
      className: 'w-20 text-right',
      cell: (row) => (
        <Button size="xs" look="quiet" onClick={() => open(row.id)}>
          {t('open')}
        </Button>
      ),
    },
  ];
}
