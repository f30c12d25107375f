/** After a call: what came of it, a note, and the time that is left for both. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, ok } from '../../api/client';
import { keys } from '../../api/query';
import type { MyAgent, Schemas } from '../../api/types';
import { can } from '../../can';
import { useMe } from '../../hooks';
import { useProblemText } from '../../i18n/problems';
import { useNow } from '../../softphone/context';
import { Button } from '../../ui/button';
import { cx } from '../../ui/cx';
import { toast } from '../../ui/toast';
import { clock } from '../agents/clock';
import { readable } from './numbers';

/** What one press asks for more. */
const LONGER_S = 60;

export function WrapUp() {
  const me = useMe();
  const mine = useQuery({
    queryKey: keys.myAgent,
    queryFn: () => ok(api.GET('/v1/agents/me')),
    enabled: can(me, 'softphone:operate'),
  });
  const call = mine.data?.wrap_up;
  return call ? <Sheet key={call.call} call={call} /> : null;
}

function Sheet({ call }: { call: NonNullable<MyAgent['wrap_up']> }) {
  const { t } = useTranslation('desk');
  const say = useProblemText();
  const client = useQueryClient();
  const now = useNow(1_000);
  const [note, setNote] = useState(call.note ?? '');
  const [chosen, setChosen] = useState(call.disposition ?? null);
  const send = useMutation({
    mutationFn: (body: Schemas['WrapUpAsk']) => ok(api.POST('/v1/agents/me/wrap-up', { body })),
    onSuccess: (next, asked) => {
      client.setQueryData(keys.myAgent, next);
      // The queues follow within a moment, and the feed says so.
      if (asked.done || asked.extend_s) void client.invalidateQueries({ queryKey: keys.myAgent });
    },
    onError: (thrown) => toast(say(thrown)),
  });
  const left = call.until ? Math.max(0, Math.ceil((Date.parse(call.until) - now) / 1000)) : null;
  const owes = call.disposition_required && !chosen;
  const choose = (id: string) => {
    setChosen(id);
    send.mutate({ disposition: id });
  };
  const keepNote = () => {
    if (note.trim() !== (call.note ?? '')) send.mutate({ note });
  };
  return (
    <section aria-label={t('wrap_up.title')} className="border-b border-line px-6 py-5">
      <div className="flex flex-wrap items-baseline gap-x-3 gap-y-1">
        <h2 className="text-16 font-semibold tracking-tight">{t('wrap_up.title')}</h2>
        <p className="min-w-0 grow truncate text-13 text-ink-2">
          {call.caller ? readable(call.caller) : t('wrap_up.withheld')}
          {call.queue && ` · ${call.queue}`}
        </p>
        {left !== null && (
          <p
            role="timer"
            className={cx('num text-16 font-semibold', left === 0 ? 'text-bad' : left <= 10 && 'text-warn')}
          >
            {clock(left)}
          </p>
        )}
      </div>
      {call.dispositions.length > 0 && (
        <fieldset className="mt-3">
          <legend className="mb-1.5 text-13 font-medium">
            {t(call.disposition_required ? 'wrap_up.outcome_needed' : 'wrap_up.outcome')}
          </legend>
          <div className="flex flex-wrap gap-2">
            {call.dispositions.map((one) => (
              <label
                key={one.id}
                className={cx(
                  'flex min-h-8 cursor-pointer items-center rounded-md border px-3 text-13 has-focus-visible:outline-2 has-focus-visible:outline-brand',
                  chosen === one.id ? 'border-brand bg-brand-bg font-medium text-brand' : 'border-line hover:bg-hover',
                )}
              >
                <input
                  type="radio"
                  name="disposition"
                  className="sr-only"
                  checked={chosen === one.id}
                  onChange={() => choose(one.id)}
                />
                {one.name}
              </label>
            ))}
          </div>
        </fieldset>
      )}
      <label className="mt-3 block">
        <span className="mb-1.5 block text-13 font-medium">{t('wrap_up.note')}</span>
        <textarea
          rows={2}
          maxLength={4000}
          value={note}
          onChange={(event) => setNote(event.target.value)}
          onBlur={keepNote}
          className="w-full rounded-md border border-line-strong bg-panel px-3 py-2 text-13"
        />
      </label>
      <div className="mt-3 flex flex-wrap gap-2">
        <Button
          look="primary"
          size="sm"
          busy={send.isPending}
          reason={owes ? t('wrap_up.outcome_first') : null}
          onClick={() => send.mutate({ note: note.trim() || undefined, done: true })}
        >
          {t('wrap_up.done')}
        </Button>
        <Button size="sm" onClick={() => send.mutate({ extend_s: LONGER_S })}>
          {t('wrap_up.longer', { seconds: LONGER_S })}
        </Button>
      </div>
    </section>
  );
}
