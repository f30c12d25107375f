import { useMutation } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useProblemText } from '../../i18n/problems';
import { Button } from '../../ui/button';
import { Note } from '../../ui/state';
import { toast } from '../../ui/toast';

type Refused = { name: string; why: string };

/** Does one thing to many rows, one after the other: what is refused is told, and the rest is done all the same. */
export function useBulk<Row>(nameOf: (row: Row) => string) {
  const say = useProblemText();
  const { t } = useTranslation('views');
  const [refused, setRefused] = useState<Refused[]>([]);
  const run = useMutation({
    mutationFn: async ({ rows, deed }: { rows: readonly Row[]; deed: (row: Row) => Promise<unknown> }) => {
      const failed: Refused[] = [];
      for (const row of rows) {
        try {
          await deed(row);
        } catch (why) {
          failed.push({ name: nameOf(row), why: say(why) });
        }
      }
      return { done: rows.length - failed.length, failed };
    },
    onSuccess: ({ done, failed }) => {
      setRefused(failed);
      if (done > 0) toast(t('bulk.done', { count: done }));
    },
  });
  return { run, refused, forget: () => setRefused([]) };
}

/** What can be done with the rows that are ticked, and what was refused. */
export function BulkBar(props: {
  count: number;
  busy: boolean;
  refused: readonly Refused[];
  onClear: () => void;
  children: ReactNode;
}) {
  const { t } = useTranslation('views');
  if (props.count === 0 && props.refused.length === 0) return null;
  return (
    <div className="mb-3 flex flex-col gap-2">
      {props.count > 0 && (
        <section
          aria-label={t('bulk.title')}
          aria-busy={props.busy}
          className="flex min-h-11 flex-wrap items-center gap-2 rounded-lg border border-line bg-brand-bg px-3 py-1.5"
        >
          <span className="num mr-2 text-13 font-medium" aria-live="polite">
            {t('bulk.picked', { count: props.count })}
          </span>
          {props.children}
          <Button size="sm" look="ghost" className="ml-auto" onClick={props.onClear}>
            {t('bulk.clear')}
          </Button>
        </section>
      )}
      {props.refused.length > 0 && (
        <Note tone="warn" title={t('bulk.refused', { count: props.refused.length })}>
          <ul>
            {props.refused.map((one) => (
              <li key={one.name}>
                {one.name}: {one.why}
              </li>
            ))}
          </ul>
        </Note>
      )}
    </div>
  );
}
