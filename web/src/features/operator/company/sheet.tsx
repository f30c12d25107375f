import { LogIn } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Schemas } from '../../../api/types';
import { useNow } from '../../../hooks';
import { ago, country, date } from '../../../i18n/format';
import { useProblemText } from '../../../i18n/problems';
import { Badge } from '../../../ui/badge';
import { Button } from '../../../ui/button';
import { Sheet } from '../../../ui/overlay';
import { Fact, Facts } from '../../../ui/page';
import { ErrorState, Note, Skeleton } from '../../../ui/state';
import { toast } from '../../../ui/toast';
import { CompanyState } from '../companies';
import { useChangeTenant, useSupport, useTenant } from '../queries';
import { AccountSection } from './account';
import { EnterDialog } from './enter';

type Detail = Schemas['OperatorTenantDetail'];
type Member = Schemas['OperatorTenantMember'];

/** One company: its people, what it may have, and who of us was in it. */
export function CompanySheet(props: {
  id: string | null;
  onClose: () => void;
  onStop: (tenant: Schemas['OperatorTenant']) => void;
}) {
  const { t } = useTranslation('operator');
  const detail = useTenant(props.id);
  const [entering, setEntering] = useState<Member | null>(null);
  const of = detail.data;
  return (
    <>
      <Sheet
        open={props.id !== null}
        onClose={props.onClose}
        title={of?.tenant.name ?? t('companies.name')}
        note={of?.tenant.realm}
        foot={
          of && (
            <Button look={of.tenant.state === 'active' ? 'danger' : 'primary'} onClick={() => props.onStop(of.tenant)}>
              {of.tenant.state === 'active' ? t('companies.suspend') : t('companies.let_in')}
            </Button>
          )
        }
      >
        {detail.isError && <ErrorState error={detail.error} onRetry={() => void detail.refetch()} />}
        {detail.isPending && props.id && <Skeleton className="h-24 w-full" />}
        {of && (
          <div className="flex flex-col gap-6">
            <Standing of={of} />
            <People of={of} onEnter={setEntering} />
            <AccountSection tenant={of.tenant.id} />
            <Limits key={of.tenant.id} of={of} />
            <Visits id={of.tenant.id} />
          </div>
        )}
      </Sheet>
      {entering && of && <EnterDialog tenant={of.tenant} member={entering} onClose={() => setEntering(null)} />}
    </>
  );
}

function Standing({ of }: { of: Detail }) {
  const { t } = useTranslation('operator');
  const { tenant } = of;
  return (
    <Facts>
      <Fact name={t('companies.state')}>
        <CompanyState state={tenant.state} />
      </Fact>
      <Fact name={t('companies.since')}>{date(tenant.created_at)}</Fact>
      <Fact name={t('companies.where')}>
        {country(of.country)}, {of.timezone}
      </Fact>
      <Fact name={t('companies.calls')}>{t('figures.of', { n: tenant.live_calls, m: tenant.max_calls })}</Fact>
      <Fact name={t('companies.id')}>
        <code className="text-12 break-all">{tenant.id}</code>
      </Fact>
    </Facts>
  );
}

function People({ of, onEnter }: { of: Detail; onEnter: (member: Member) => void }) {
  const { t } = useTranslation('operator');
  return (
    <section className="flex flex-col gap-2">
      <h3 className="text-14 font-semibold">{t('companies.members')}</h3>
      <ul className="rounded-md border border-line">
        {of.people.map((one) => (
          <li key={one.member} className="flex items-center gap-3 border-line px-3 py-2 text-13 not-last:border-b">
            <div className="min-w-0 grow">
              <p className="truncate font-medium">{one.name}</p>
              <p className="truncate text-12 text-ink-3">
                {t(`common:roles.${one.role}`, { defaultValue: one.role })} · {one.email}
              </p>
            </div>
            {one.state === 'active' ? (
              <Button size="xs" aria-label={t('support.enter_as', { name: one.name })} onClick={() => onEnter(one)}>
                <LogIn aria-hidden className="size-3.5" />
                {t('support.enter')}
              </Button>
            ) : (
              <Badge tone="warn">{t('companies.suspended')}</Badge>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}

function Limits({ of }: { of: Detail }) {
  const { t } = useTranslation('operator');
  const say = useProblemText();
  const change = useChangeTenant();
  const [calls, setCalls] = useState(String(of.tenant.max_calls));
  const [own, setOwn] = useState<Record<string, string>>(() =>
    Object.fromEntries(of.limits.map((one) => [one.kind, one.own == null ? '' : String(one.own)])),
  );
  const digits = (text: string) => text.replace(/\D/g, '').slice(0, 6);
  const limits = Object.fromEntries(
    Object.entries(own).map(([kind, text]) => [kind, text === '' ? null : Number(text)]),
  );
  return (
    <form
      className="flex flex-col gap-2"
      onSubmit={(event) => {
        event.preventDefault();
        change.mutate(
          { id: of.tenant.id, max_calls: Number(calls), limits },
          { onSuccess: () => toast(t('common:saved')) },
        );
      }}
    >
      <h3 className="text-14 font-semibold">{t('limits.title')}</h3>
      <p className="text-13 text-ink-2">{t('limits.note')}</p>
      <div className="grid grid-cols-[minmax(0,1fr)_112px] items-center gap-x-3 gap-y-2 text-13">
        <LimitField label={t('companies.max_calls')} value={calls} onChange={(text) => setCalls(digits(text))} />
        {of.limits.map((one) => (
          <LimitField
            key={one.kind}
            label={t(`limits.${one.kind}`)}
            placeholder={one.usual == null ? t('limits.none') : t('limits.usual', { n: one.usual })}
            value={own[one.kind] ?? ''}
            onChange={(text) => setOwn({ ...own, [one.kind]: digits(text) })}
          />
        ))}
      </div>
      {change.isError && <Note tone="bad" title={say(change.error)} />}
      <Button type="submit" size="sm" className="self-start" busy={change.isPending} disabled={calls === ''}>
        {t('common:save')}
      </Button>
    </form>
  );
}

function LimitField(props: { label: string; value: string; placeholder?: string; onChange: (text: string) => void }) {
  return (
    <label className="contents">
      <span>{props.label}</span>
      <input
        className="num h-8 w-full min-w-0 rounded-md border border-line-strong bg-panel px-2.5 text-13"
        inputMode="numeric"
        value={props.value}
        placeholder={props.placeholder}
        onChange={(event) => props.onChange(event.target.value)}
      />
    </label>
  );
}

/** Who of us was at work in the company, and why. */
function Visits({ id }: { id: string }) {
  const { t } = useTranslation('operator');
  const visits = useSupport(id);
  const now = useNow(30_000);
  return (
    <section className="flex flex-col gap-2">
      <h3 className="text-14 font-semibold">{t('support.visits')}</h3>
      {visits.data?.length === 0 && <p className="text-13 text-ink-3">{t('support.no_visits')}</p>}
      <ul className="flex flex-col gap-2 text-13">
        {visits.data?.map((one) => (
          <li key={one.id} className="rounded-md border border-line px-3 py-2">
            <p>{one.reason}</p>
            <p className="text-12 text-ink-3">
              {ago(one.started_at, now)}
              {one.on && ` · ${t('support.on')}`}
            </p>
          </li>
        ))}
      </ul>
    </section>
  );
}
