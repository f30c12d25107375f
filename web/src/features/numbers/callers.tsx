/** Who may call the company: its block list and its allow list. */
import { X } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Schemas } from '../../api/types';
import { can } from '../../can';
import { useMe } from '../../hooks';
import { useProblemText } from '../../i18n/problems';
import { Badge } from '../../ui/badge';
import { Button, IconButton } from '../../ui/button';
import { Field, TextField } from '../../ui/field';
import { Card } from '../../ui/page';
import { Select } from '../../ui/select';
import { ErrorState, Note, Skeleton } from '../../ui/state';
import { useAddCallerRule, useCallerRules, useRemoveCallerRule } from './queries';

type List = Schemas['CallerList'];

export function CallersCard() {
  const { t } = useTranslation('numbers');
  const say = useProblemText();
  const rules = useCallerRules();
  const remove = useRemoveCallerRule();
  const writes = can(useMe(), 'numbers:write');
  return (
    <Card title={t('callers.title')} note={t('callers.note')} className="mt-6">
      {rules.isError && !rules.data && (
        <ErrorState error={rules.error} onRetry={() => void rules.refetch()} className="m-4" />
      )}
      {rules.isPending && <Skeleton className="m-4 h-5" />}
      {remove.isError && <Note tone="bad" title={say(remove.error)} className="m-3" />}
      {rules.data?.length === 0 && <p className="px-4 py-3 text-13 text-ink-2">{t('callers.none')}</p>}
      <ul>
        {rules.data?.map((rule) => (
          <li
            key={rule.id}
            className="flex flex-wrap items-center gap-x-3 gap-y-1 border-t border-line px-4 py-2 first:border-t-0"
          >
            <Badge tone={rule.list === 'block' ? 'bad' : 'ok'}>{t(`callers.${rule.list}`)}</Badge>
            <span className="num text-14 font-medium">{callerWords(rule.pattern, t)}</span>
            <span className="min-w-0 grow truncate text-13 text-ink-2">{rule.note}</span>
            {writes && (
              <IconButton
                label={t('callers.remove', { caller: callerWords(rule.pattern, t) })}
                onClick={() => remove.mutate(rule.id)}
              >
                <X aria-hidden className="size-4" />
              </IconButton>
            )}
          </li>
        ))}
      </ul>
      {writes && <AddCaller />}
    </Card>
  );
}

function AddCaller() {
  const { t } = useTranslation('numbers');
  const say = useProblemText();
  const add = useAddCallerRule();
  const [pattern, setPattern] = useState('');
  const [note, setNote] = useState('');
  const [list, setList] = useState<List>('block');
  const [key, setKey] = useState(() => crypto.randomUUID());
  return (
    <form
      aria-label={t('callers.add')}
      className="flex flex-wrap items-end gap-3 border-t border-line p-4"
      onSubmit={(event) => {
        event.preventDefault();
        add.mutate(
          { pattern: pattern.trim(), list, note: note.trim(), key },
          {
            onSuccess: () => {
              setPattern('');
              setNote('');
            },
            onSettled: () => setKey(crypto.randomUUID()),
          },
        );
      }}
    >
      <Field label={t('callers.list')}>
        {(wiring) => (
          <Select<List>
            {...wiring}
            size="sm"
            className="w-28"
            value={list}
            onChange={setList}
            options={(['block', 'allow'] as const).map((value) => ({ value, label: t(`callers.${value}`) }))}
          />
        )}
      </Field>
      <TextField
        label={t('callers.who')}
        hint={t('callers.who_help')}
        value={pattern}
        onChange={(event) => setPattern(event.target.value)}
        className="num h-8 text-13"
        fieldClass="min-w-40 grow"
      />
      <TextField
        label={t('callers.why')}
        value={note}
        maxLength={120}
        onChange={(event) => setNote(event.target.value)}
        className="h-8 text-13"
        fieldClass="min-w-40 grow"
      />
      <Button type="submit" size="sm" busy={add.isPending} reason={pattern.trim() === '' && t('callers.who_first')}>
        {t('callers.add')}
      </Button>
      {add.isError && <Note tone="bad" title={say(add.error)} className="basis-full" />}
    </form>
  );
}

/** A pattern as a person says it. */
function callerWords(pattern: string, t: (key: string) => string): string {
  if (pattern === 'anonymous') return t('callers.anonymous');
  return pattern === '*' ? t('callers.everybody') : pattern;
}
