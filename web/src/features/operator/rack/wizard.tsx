/** The road on which a gateway is racked: which box, where, how it connects; then its accounts and a light that turns green. */
import type { UseMutationResult, UseQueryResult } from '@tanstack/react-query';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { GatewayProfile } from '../../../api/types';
import { useIntent } from '../../../hooks';
import { useProblemText } from '../../../i18n/problems';
import { Button } from '../../../ui/button';
import { ErrorState, Note, PageSkeleton } from '../../../ui/state';
import { Stepper } from '../../../ui/stepper';
import { BoxStep, type StepProps } from './box-step';
import { EMPTY, type Faults, type RackForm } from './rules';

export function RackWizard<Site, Ask extends object, Made>(props: {
  /** Names of the four steps, and the word that racks. */
  steps: [string, string, string, string];
  create: string;
  profiles: UseQueryResult<GatewayProfile[]>;
  sites: UseQueryResult<Site[]>;
  rack: UseMutationResult<Made, Error, Ask & { key: string }>;
  faults: (form: RackForm, step: number, profile: GatewayProfile | undefined) => Faults;
  request: (form: RackForm) => Ask;
  place: (step: StepProps & { profile: GatewayProfile; sites: Site[] }) => ReactNode;
  connection: (step: StepProps & { profile: GatewayProfile }) => ReactNode;
  finish: (made: Made) => ReactNode;
}) {
  const { t } = useTranslation();
  const say = useProblemText();
  const keyOf = useIntent();
  const { profiles, sites, rack } = props;
  const [form, setForm] = useState(EMPTY);
  const [step, setStep] = useState(0);
  const [shown, setShown] = useState<Faults>({});
  const [made, setMade] = useState<Made | null>(null);
  const profile = profiles.data?.find((one) => one.key === form.profile);
  const set = (patch: Partial<RackForm>) => {
    setForm((before) => ({ ...before, ...patch }));
    setShown({});
  };
  const forward = () => {
    const found = props.faults(form, step, profile);
    setShown(found);
    if (Object.keys(found).length > 0) return;
    if (step < 2) return setStep(step + 1);
    if (rack.isPending) return;
    const ask = props.request(form);
    rack.mutate({ ...ask, key: keyOf(ask) }, { onSuccess: setMade });
  };
  // Each step begins at its beginning, for keyboards and screen readers too.
  const body = useRef<HTMLDivElement>(null);
  const began = useRef(step);
  useEffect(() => {
    if (began.current !== step) body.current?.focus();
    began.current = step;
  }, [step]);
  const shared = { form, set, faults: shown };
  const failed = profiles.error ?? sites.error;
  const again = () => {
    void profiles.refetch();
    void sites.refetch();
  };
  return (
    <div className="flex max-w-3xl flex-col gap-6">
      <Stepper steps={props.steps} at={made ? 3 : step} />
      {made ? (
        props.finish(made)
      ) : failed ? (
        <ErrorState error={failed} onRetry={again} />
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
            {step === 0 && <BoxStep {...shared} profiles={profiles.data} />}
            {step === 1 && profile && props.place({ ...shared, profile, sites: sites.data })}
            {step === 2 && profile && props.connection({ ...shared, profile })}
          </div>
          {rack.isError && <Note tone="bad" title={say(rack.error)} />}
          <div className="flex gap-2 border-t border-line pt-4">
            {step > 0 && (
              <Button look="ghost" onClick={() => setStep(step - 1)}>
                {t('common:back')}
              </Button>
            )}
            <Button type="submit" look="primary" busy={rack.isPending}>
              {step < 2 ? t('common:next') : props.create}
            </Button>
          </div>
        </form>
      )}
    </div>
  );
}
