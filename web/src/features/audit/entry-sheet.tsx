import { ArrowRight } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import type { AuditEntry } from '../../api/types';
import { date, time } from '../../i18n/format';
import { Button } from '../../ui/button';
import { cx } from '../../ui/cx';
import { Sheet } from '../../ui/overlay';
import { Fact, Facts } from '../../ui/page';
import type { Filter } from './queries';
import { about, column, deed, type Line, lines, table, who } from './words';

/** One line of the log: who, from where, and each row before and after. */
export function EntrySheet(props: { of: AuditEntry | null; onClose: () => void; onOnly: (filter: Filter) => void }) {
  const { t } = useTranslation('audit');
  const { of } = props;
  return (
    <Sheet
      open={of !== null}
      onClose={props.onClose}
      title={of ? deed(t, of.action) : ''}
      note={of && about(of)}
      foot={
        of && (
          <>
            <Button onClick={() => props.onOnly({ entity_id: of.entity_id })}>{t('only_this')}</Button>
            <Button onClick={() => props.onOnly({ actor: of.actor.id })}>{t('only_them')}</Button>
          </>
        )
      }
    >
      {of && (
        <div className="flex flex-col gap-6">
          <Origin of={of} />
          {of.changes.map((change) => (
            <Difference key={`${change.table} ${change.id}`} change={change} />
          ))}
          {of.more_changes > 0 && <p className="text-13 text-ink-2">{t('more_rows', { count: of.more_changes })}</p>}
          {of.changes.length === 0 && <Said of={of} />}
        </div>
      )}
    </Sheet>
  );
}

function Origin({ of }: { of: AuditEntry }) {
  const { t } = useTranslation('audit');
  return (
    <Facts>
      <Fact name={t('when')}>
        {date(of.at)}, {time(of.at)}
      </Fact>
      <Fact name={t('who')}>
        {who(t, of.actor)}
        {of.actor.name && <span className="text-ink-3"> · {t(`kind.${of.actor.kind}`)}</span>}
        {of.actor.acting_as && <p className="text-ink-2">{t('acting_as', { user: of.actor.acting_as })}</p>}
      </Fact>
      <Fact name={t('address')}>{of.from.address ?? t('nowhere')}</Fact>
      {of.from.user_agent && (
        <Fact name={t('program')}>
          <span className="break-words text-ink-2">{of.from.user_agent}</span>
        </Fact>
      )}
      <Fact name={t('thing')}>
        <code className="text-12 break-all">{of.entity_id}</code>
      </Fact>
      <Fact name={t('place')}>
        {of.seq}
        <code className="block text-12 break-all text-ink-3">{of.seal ?? t('no_seal')}</code>
      </Fact>
    </Facts>
  );
}

function Difference({ change }: { change: AuditEntry['changes'][number] }) {
  const { t } = useTranslation('audit');
  const all = lines(change);
  const state = !change.before ? 'made' : !change.after ? 'gone' : 'changed';
  return (
    <section className="flex flex-col gap-2">
      <h3 className="text-13 font-semibold">
        {t(`row.${state}`, { what: table(t, change.table) })}
        <code className="block text-12 font-normal break-all text-ink-3">{change.id}</code>
      </h3>
      <dl className="overflow-hidden rounded-md border border-line text-13">
        {all.map((line) => (
          <div
            key={line.name}
            className="grid grid-cols-[minmax(88px,30%)_minmax(0,1fr)] gap-3 border-line px-3 py-1.5 not-last:border-b"
          >
            <dt className="text-ink-3">{column(t, line.name)}</dt>
            <dd className="min-w-0">
              <Values line={line} both={state === 'changed'} />
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

function Values({ line, both }: { line: Line; both: boolean }) {
  const { t } = useTranslation('audit');
  const value = (text: string | null, old: boolean) => (
    <span className={cx('break-words', text === null && 'text-ink-3', old && both && 'text-ink-2 line-through')}>
      {text === null ? t('empty_value') : text === '(secret)' ? t('secret') : text}
    </span>
  );
  if (!both) return value(line.after ?? line.before, false);
  return (
    <span className="flex flex-wrap items-center gap-x-2">
      <span className="sr-only">{t('before')}</span>
      {value(line.before, true)}
      <ArrowRight aria-hidden className="size-3.5 shrink-0 text-ink-3" />
      <span className="sr-only">{t('after')}</span>
      {value(line.after, false)}
    </span>
  );
}

/** What was said of it, when no row shows it. */
function Said({ of }: { of: AuditEntry }) {
  const { t } = useTranslation('audit');
  const said = Object.entries((of.body ?? {}) as Record<string, unknown>).filter(([, value]) => value !== null);
  if (said.length === 0) return <p className="text-13 text-ink-3">{t('no_rows')}</p>;
  return (
    <Facts>
      {said.map(([name, value]) => (
        <Fact key={name} name={column(t, name)}>
          <span className="break-words">{typeof value === 'string' ? value : JSON.stringify(value)}</span>
        </Fact>
      ))}
    </Facts>
  );
}
