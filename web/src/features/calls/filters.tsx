/** What the list of calls is narrowed by, kept in the address of the page. */
import { useQuery } from '@tanstack/react-query';
import { ListFilter, Search } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, ok } from '../../api/client';
import { keys } from '../../api/query';
import type { Schemas } from '../../api/types';
import { can } from '../../can';
import { useMe } from '../../hooks';
import { Button } from '../../ui/button';
import { Combobox } from '../../ui/combobox';
import { DayField, daysBetween } from '../../ui/days';
import { Field, Input } from '../../ui/field';
import { Select } from '../../ui/select';
import { Segments } from '../../ui/tabs';
import type { ListControl } from '../views/list-state';

type Words = Record<string, string>;
export const FILTERS = ['direction', 'party', 'outcome', 'seat', 'queue', 'recorded', 'from', 'to'] as const;
const DIRECTIONS = ['all', 'inbound', 'outbound', 'internal'] as const;
const OUTCOMES = ['answered', 'unanswered', 'failed'] as const;
/** Those that stand behind the button. */
const MORE = ['outcome', 'seat', 'queue', 'recorded', 'from', 'to'] as const;

const one = <V extends string>(words: readonly V[], word: string | undefined) => words.find((each) => each === word);

/** As the server is asked; words that it does not know are left out. */
export function asked(filter: Words) {
  const direction = one(DIRECTIONS, filter.direction);
  const outcome = one(OUTCOMES, filter.outcome);
  const recorded = one(['yes', 'no'], filter.recorded);
  return {
    ...(direction && direction !== 'all' ? { direction: direction as Schemas['Direction'] } : {}),
    ...(filter.party ? { party: filter.party } : {}),
    ...(outcome ? { outcome } : {}),
    ...(filter.seat ? { seat: filter.seat } : {}),
    ...(filter.queue ? { queue: filter.queue } : {}),
    ...(recorded ? { recorded: recorded === 'yes' } : {}),
    ...daysBetween(filter.from, filter.to),
  };
}

export function CallFilters({ state }: { state: ListControl }) {
  const { t } = useTranslation('calls');
  const { filter } = state;
  const change = (words: Words) => state.set({ filter: { ...filter, ...words } });
  const set = MORE.filter((name) => filter[name]).length;
  const [open, setOpen] = useState(set > 0);
  return (
    <>
      <Segments
        label={t('direction_filter')}
        value={one(DIRECTIONS, filter.direction) ?? 'all'}
        options={DIRECTIONS.map((value) => ({ value, label: t(`direction.${value}`) }))}
        onChange={(value) => change({ direction: value === 'all' ? '' : value })}
      />
      <PartySearch key={filter.party ?? ''} value={filter.party ?? ''} onChange={(party) => change({ party })} />
      <Button size="sm" look="quiet" aria-expanded={open} onClick={() => setOpen(!open)}>
        <ListFilter aria-hidden className="size-3.5" />
        {set > 0 ? t('filters_set', { count: set }) : t('filters')}
      </Button>
      {open && <More filter={filter} onChange={change} />}
    </>
  );
}

function More({ filter, onChange }: { filter: Words; onChange: (words: Words) => void }) {
  const { t } = useTranslation('calls');
  const me = useMe();
  const agents = can(me, 'seats:read');
  const waits = can(me, 'queues:read');
  const seats = useQuery({ queryKey: keys.seats, queryFn: () => ok(api.GET('/v1/seats')), enabled: agents }).data;
  const queues = useQuery({ queryKey: keys.queues, queryFn: () => ok(api.GET('/v1/queues')), enabled: waits }).data;
  const any = { value: 'any', label: t('any') };
  const choose = (name: string) => (value: string) => onChange({ [name]: value === 'any' ? '' : value });
  const clear = () => onChange(Object.fromEntries(MORE.map((name) => [name, ''])));
  return (
    <fieldset className="order-last flex w-full flex-wrap items-end gap-3 rounded-lg border border-line bg-panel-2 p-3">
      <legend className="sr-only">{t('filters')}</legend>
      <Field label={t('result')} className="w-44 max-sm:w-full">
        {(wiring) => (
          <Select
            {...wiring}
            options={[any, ...OUTCOMES.map((value) => ({ value, label: t(`outcome.${value}`) }))]}
            value={one(OUTCOMES, filter.outcome) ?? 'any'}
            onChange={choose('outcome')}
          />
        )}
      </Field>
      {agents && (
        <Field label={t('agent')} className="w-52 max-sm:w-full">
          {(wiring) => (
            <Combobox
              {...wiring}
              options={(seats ?? []).map((seat) => ({ value: seat.id, label: seat.label }))}
              value={filter.seat || null}
              onChange={(seat) => onChange({ seat: seat ?? '' })}
              placeholder={t('any')}
              empty={t('no_agent')}
            />
          )}
        </Field>
      )}
      {waits && (queues?.length ?? 0) > 0 && (
        <Field label={t('queue')} className="w-44 max-sm:w-full">
          {(wiring) => (
            <Select
              {...wiring}
              options={[any, ...(queues ?? []).map((queue) => ({ value: queue.id, label: queue.name }))]}
              value={filter.queue || 'any'}
              onChange={choose('queue')}
            />
          )}
        </Field>
      )}
      {can(me, 'recordings:read') && (
        <Field label={t('recorded')} className="w-36 max-sm:w-full">
          {(wiring) => (
            <Select
              {...wiring}
              options={[any, { value: 'yes', label: t('recorded_yes') }, { value: 'no', label: t('recorded_no') }]}
              value={one(['yes', 'no'], filter.recorded) ?? 'any'}
              onChange={choose('recorded')}
            />
          )}
        </Field>
      )}
      <DayField
        label={t('from_day')}
        value={filter.from}
        onChange={(from) => onChange({ from })}
        className="w-40 max-sm:w-[calc(50%-6px)]"
      />
      <DayField
        label={t('to_day')}
        value={filter.to}
        onChange={(to) => onChange({ to })}
        className="w-40 max-sm:w-[calc(50%-6px)]"
      />
      <Button look="ghost" onClick={clear}>
        {t('clear_filters')}
      </Button>
    </fieldset>
  );
}

function PartySearch({ value, onChange }: { value: string; onChange: (value: string) => void }) {
  const { t } = useTranslation('calls');
  const [typed, setTyped] = useState(value);
  return (
    <form
      className="relative w-64 max-w-full"
      onSubmit={(event) => {
        event.preventDefault();
        onChange(typed.trim());
      }}
    >
      <Search
        aria-hidden
        className="pointer-events-none absolute top-1/2 left-2.5 size-3.5 -translate-y-1/2 text-ink-3"
      />
      <Input
        type="search"
        aria-label={t('search')}
        placeholder={t('search')}
        value={typed}
        onChange={(event) => {
          setTyped(event.target.value);
          if (event.target.value === '') onChange('');
        }}
        className="h-8 pl-8 text-13"
      />
    </form>
  );
}
