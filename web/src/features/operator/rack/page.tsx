import { Link } from '@tanstack/react-router';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Schemas } from '../../../api/types';
import { useProblemText } from '../../../i18n/problems';
import { paths } from '../../../paths';
import { Button } from '../../../ui/button';
import { Page } from '../../../ui/page';
import { ErrorState, Note, PageSkeleton } from '../../../ui/state';
import { Stepper } from '../../../ui/stepper';
import { useAddGateway, useProfiles, useSites } from '../queries';
import { Finish } from './finish';
import { type Fault, faults, type RackForm, request } from './rules';
import { BoxStep, ConnectionStep, PlaceStep } from './steps';

const EMPTY: RackForm = {
  profile: '',
  site: '',
  label: '',
  connection: 'registers_with_us',
  ports: 1,
  host: '',
  udp_port: '5060',
  transport: 'udp',
  channels: '',
  username: '',
  password: '',
  realm: '',
  rental: 'exclusive',
  monthly: '',
  simulated: false,
};

/** Prices of a new gateway are in this currency until the operator's own is a setting. */
const CURRENCY = 'USD';

/** Rack a gateway: which box, where, how it connects; then its accounts, once, and a light that turns green. */
export function RackGatewayPage() {
  const { t } = useTranslation('operator');
  const say = useProblemText();
  const profiles = useProfiles();
  const sites = useSites();
  const add = useAddGateway();
  const [form, setForm] = useState(EMPTY);
  const [step, setStep] = useState(0);
  const [shown, setShown] = useState<Partial<Record<keyof RackForm, Fault>>>({});
  const [made, setMade] = useState<Schemas['GatewayCreated'] | null>(null);
  const [key] = useState(() => crypto.randomUUID());
  const profile = profiles.data?.find((one) => one.key === form.profile);
  const set = (patch: Partial<RackForm>) => {
    setForm((before) => ({ ...before, ...patch }));
    setShown({});
  };
  const forward = () => {
    const found = faults(form, step, profile);
    setShown(found);
    if (Object.keys(found).length > 0) return;
    if (step < 2) setStep(step + 1);
    else if (!add.isPending) add.mutate({ ...request(form, CURRENCY), key }, { onSuccess: setMade });
  };
  // Each step begins at its beginning, for keyboards and screen readers too.
  const body = useRef<HTMLDivElement>(null);
  const began = useRef(step);
  useEffect(() => {
    if (began.current !== step) body.current?.focus();
    began.current = step;
  }, [step]);
  const steps = [t('rack.steps.box'), t('rack.steps.place'), t('rack.steps.connection'), t('rack.steps.finish')];
  const props = { form, set, faults: shown };
  return (
    <Page
      title={t('rack.title')}
      crumbs={[
        <Link key="all" to={paths.operatorGateways} className="hover:underline">
          {t('places.gateways')}
        </Link>,
      ]}
    >
      <div className="flex max-w-3xl flex-col gap-6">
        <Stepper steps={steps} at={made ? 3 : step} />
        {made ? (
          <Finish created={made} />
        ) : profiles.isError || sites.isError ? (
          <ErrorState
            error={profiles.error ?? sites.error}
            onRetry={() => {
              void profiles.refetch();
              void sites.refetch();
            }}
          />
        ) : !profiles.data || !sites.data ? (
          <PageSkeleton />
        ) : (
          <form
            noValidate
            className="flex flex-col gap-5"
            onSubmit={(event) => {
              event.preventDefault();
              forward();
            }}
          >
            <div ref={body} tabIndex={-1} className="outline-none">
              {step === 0 && <BoxStep {...props} profiles={profiles.data} />}
              {step === 1 && profile && <PlaceStep {...props} profile={profile} sites={sites.data} />}
              {step === 2 && profile && <ConnectionStep {...props} profile={profile} />}
            </div>
            {add.isError && <Note tone="bad" title={say(add.error)} />}
            <div className="flex gap-2 border-t border-line pt-4">
              {step > 0 && (
                <Button look="ghost" onClick={() => setStep(step - 1)}>
                  {t('common:back')}
                </Button>
              )}
              <Button type="submit" look="primary" busy={add.isPending}>
                {step < 2 ? t('common:next') : t('rack.create')}
              </Button>
            </div>
          </form>
        )}
      </div>
    </Page>
  );
}
