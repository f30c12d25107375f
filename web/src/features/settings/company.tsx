import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useMemo } from 'react';
import { Controller, useForm } from 'react-hook-form';
import { useTranslation } from 'react-i18next';
import { api, ok } from '../../api/client';
import { keys } from '../../api/query';
import type { Schemas } from '../../api/types';
import { useCountries } from '../../i18n/countries';
import { date } from '../../i18n/format';
import { useProblemText } from '../../i18n/problems';
import { Button } from '../../ui/button';
import { Combobox } from '../../ui/combobox';
import { CopyField } from '../../ui/copy-field';
import { cx } from '../../ui/cx';
import { Field, TextField } from '../../ui/field';
import { Card, Fact, Facts } from '../../ui/page';
import { ErrorState, Note, Skeleton } from '../../ui/state';
import { toast } from '../../ui/toast';
import { reloadMe } from '../team/queries';

type Company = Schemas['Company'];

export function CompanyForm({ writes }: { writes: boolean }) {
  const company = useQuery({ queryKey: keys.company, queryFn: () => ok(api.GET('/v1/company')) });
  const capacity = useQuery({ queryKey: keys.capacity, queryFn: () => ok(api.GET('/v1/capacity')) });
  if (company.isError && !company.data)
    return <ErrorState error={company.error} onRetry={() => void company.refetch()} />;
  if (!company.data) return <Skeleton className="h-64 rounded-lg" />;
  return (
    <>
      <Edit company={company.data} writes={writes} />
      <Limits company={company.data} capacity={capacity.data} />
    </>
  );
}

function Edit({ company, writes }: { company: Company; writes: boolean }) {
  const { t } = useTranslation('settings');
  const say = useProblemText();
  const client = useQueryClient();
  const form = useForm({
    values: { name: company.name, country: company.country, timezone: company.timezone },
  });
  const save = useMutation({
    mutationFn: (body: { name: string; country: string; timezone: string }) => ok(api.PATCH('/v1/company', { body })),
    onSuccess: (fresh) => {
      client.setQueryData(keys.company, fresh);
      void reloadMe().catch(() => undefined);
      toast(t('common:saved'));
    },
  });
  const countries = useCountries();
  const zones = useMemo(() => zoneOptions(company.timezone), [company.timezone]);
  return (
    <Card title={t('company.title')}>
      <form className="flex flex-col gap-4 p-4" onSubmit={form.handleSubmit((body) => save.mutate(body))}>
        <fieldset disabled={!writes} className="contents">
          <TextField
            label={t('company.name')}
            error={form.formState.errors.name && t('needed')}
            {...form.register('name', { validate: (text) => text.trim() !== '' })}
          />
          <Controller
            control={form.control}
            name="country"
            render={({ field }) => (
              <Field label={t('company.country')} hint={t('company.country_hint')}>
                {(wiring) => (
                  <Combobox
                    {...wiring}
                    options={countries}
                    value={field.value}
                    onChange={(value) => value && field.onChange(value)}
                    empty={t('common:nothing_found')}
                  />
                )}
              </Field>
            )}
          />
          <Controller
            control={form.control}
            name="timezone"
            render={({ field }) => (
              <Field label={t('company.timezone')}>
                {(wiring) => (
                  <Combobox
                    {...wiring}
                    options={zones}
                    value={field.value}
                    onChange={(value) => value && field.onChange(value)}
                    empty={t('common:nothing_found')}
                  />
                )}
              </Field>
            )}
          />
        </fieldset>
        {save.isError && <Note tone="bad" title={say(save.error)} />}
        {writes ? (
          <Button
            type="submit"
            look="primary"
            className="self-start"
            busy={save.isPending}
            reason={!form.formState.isDirty && t('no_change')}
          >
            {t('common:save')}
          </Button>
        ) : (
          <p className="text-13 text-ink-2">{t('company.read_only')}</p>
        )}
      </form>
    </Card>
  );
}

function Limits({ company, capacity }: { company: Company; capacity: Schemas['Capacity'][] | undefined }) {
  const { t } = useTranslation('settings');
  return (
    <Card title={t('company.limits')}>
      <div className="flex flex-col gap-4 p-4">
        <Facts>
          {!capacity && <Fact name={t('company.max_calls')}>{company.max_calls}</Fact>}
          {capacity?.map((one) => (
            <Fact key={`${one.kind}-${one.label}`} name={t(`company.capacity.${one.kind}`, { label: one.label })}>
              <Use inUse={one.in_use} limit={one.limit} />
            </Fact>
          ))}
          <Fact name={t('company.since')}>{date(company.created_at)}</Fact>
        </Facts>
        <CopyField label={t('company.realm')} value={company.realm} />
      </div>
    </Card>
  );
}

/** How full a limit is: a bar, and the same in words. */
function Use({ inUse, limit }: { inUse: number; limit: number }) {
  const { t } = useTranslation('settings');
  const share = limit > 0 ? Math.min(1, inUse / limit) : 0;
  return (
    <span className="flex items-center gap-3">
      <span aria-hidden className="h-1.5 w-24 shrink-0 overflow-hidden rounded-full bg-hover">
        <span
          className={cx('block h-full rounded-full', share >= 0.95 ? 'bg-bad' : share >= 0.8 ? 'bg-warn' : 'bg-ink-2')}
          style={{ width: `${share * 100}%` }}
        />
      </span>
      {t('company.n_of_m', { n: inUse, m: limit })}
    </span>
  );
}

function zoneOptions(now: string): { value: string; label: string }[] {
  const known = Intl.supportedValuesOf('timeZone');
  return (known.includes(now) ? known : [now, ...known]).map((value) => ({ value, label: value.replaceAll('_', ' ') }));
}
