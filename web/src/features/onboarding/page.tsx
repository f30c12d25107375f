import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useRouter } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, ok } from '../../api/client';
import { keys } from '../../api/query';
import type { OnboardingStep } from '../../api/types';
import { useOnboarding } from '../../app/frame';
import { useMe } from '../../hooks';
import { givenName } from '../../i18n/format';
import { paths } from '../../paths';
import { Badge } from '../../ui/badge';
import { Button } from '../../ui/button';
import { cx } from '../../ui/cx';
import { Page } from '../../ui/page';
import { ErrorState, PageSkeleton } from '../../ui/state';
import { StepDot } from '../../ui/stepper';
import { StepPanel } from './panel';
import { doneCount, inOrder, nextStep, type StepState } from './steps';

export function SetUpPage() {
  const { t } = useTranslation('onboarding');
  const onboarding = useOnboarding();
  const router = useRouter();
  if (onboarding.isError && !onboarding.data)
    return (
      <Page title={t('title')}>
        <ErrorState error={onboarding.error} onRetry={() => void onboarding.refetch()} />
      </Page>
    );
  return (
    <Page
      title={t('title')}
      bleed
      actions={
        <Button
          size="sm"
          look={onboarding.data?.finished ? 'primary' : 'ghost'}
          onClick={() => void router.navigate({ to: paths.desk })}
        >
          {onboarding.data?.finished ? t('open_desk') : t('to_desk')}
        </Button>
      }
      className="flex"
    >
      {onboarding.data ? <Checklist steps={inOrder(onboarding.data)} /> : <PageSkeleton />}
    </Page>
  );
}

/** Reports a step done or passed over, and moves on. */
export function useStepChange() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ step, how }: { step: OnboardingStep; how: 'done' | 'skip' }) =>
      how === 'done'
        ? ok(api.POST('/v1/onboarding/{step}/done', { params: { path: { step } } }))
        : ok(api.POST('/v1/onboarding/{step}/skip', { params: { path: { step } } })),
    onSuccess: (fresh) => client.setQueryData(keys.onboarding, fresh),
  });
}

function Checklist({ steps }: { steps: StepState[] }) {
  const { t } = useTranslation('onboarding');
  const me = useMe();
  const [open, setOpen] = useState<OnboardingStep | null>(() => nextStep(steps));
  const change = useStepChange();
  const done = doneCount(steps);
  const finished = nextStep(steps) === null;
  const current = steps.find((one) => one.key === open);
  // The step in hand was done elsewhere (another tab, the letter's link): offer the next one.
  const settled = current?.done ?? false;
  useEffect(() => {
    // The test call has a second half: being called.
    if (!settled || !open || open === 'test_call') return;
    const timer = setTimeout(() => setOpen(nextStep(steps, open)), 1600);
    return () => clearTimeout(timer);
  }, [settled, open, steps]);
  return (
    <div className="grid min-h-full grow grid-cols-[minmax(0,1fr)_420px] max-lg:grid-cols-1">
      <div className="max-w-[760px] px-12 pt-10 pb-8 max-xl:px-6 max-xl:pt-7 max-md:px-4">
        <div className="flex items-center gap-4">
          <Ring done={done} of={steps.length} />
          <div>
            <h2 className="text-24 font-semibold tracking-tight">
              {finished
                ? t('hello_done', { name: givenName(me.user.name) })
                : done === 0
                  ? t('hello_first', { name: givenName(me.user.name) })
                  : t('hello_going', { name: givenName(me.user.name) })}
            </h2>
            <p className="text-ink-2">{finished ? t('lead_done') : t('lead')}</p>
          </div>
        </div>
        <ol className="mt-7">
          {steps.map((step, index) => (
            <Row
              key={step.key}
              step={step}
              number={index + 1}
              last={index === steps.length - 1}
              open={step.key === open}
              onOpen={() => setOpen(step.key)}
            />
          ))}
        </ol>
      </div>
      {current && (
        <StepPanel
          key={current.key}
          step={current}
          onClose={() => setOpen(null)}
          onNext={() => setOpen(nextStep(steps, current.key))}
          onSkip={() => {
            change.mutate({ step: current.key, how: 'skip' });
            setOpen(nextStep(steps, current.key));
          }}
        />
      )}
    </div>
  );
}

function Row(props: { step: StepState; number: number; last: boolean; open: boolean; onOpen: () => void }) {
  const { t } = useTranslation('onboarding');
  const { step, open } = props;
  return (
    <li className="relative grid min-h-15 grid-cols-[28px_minmax(0,1fr)_auto] items-start gap-3.5 pt-1 pb-3">
      {!props.last && (
        <span aria-hidden className={cx('absolute top-7 -bottom-1 left-3 w-0.5', step.done ? 'bg-ok' : 'bg-line')} />
      )}
      <StepDot done={step.done} now={open}>
        {props.number}
      </StepDot>
      <button type="button" onClick={props.onOpen} aria-expanded={open} className="rounded-sm text-left">
        <span
          className={cx(
            'block leading-[26px] font-medium',
            open && 'font-semibold',
            step.done && !open && 'text-ink-2',
          )}
        >
          {t(`${step.key}.title`)}
        </span>
        <span className={cx('block text-13', open ? 'text-ink-2' : 'text-ink-3')}>{t(`${step.key}.note`)}</span>
      </button>
      <span className="pt-0.5">
        {step.done ? (
          <span className="text-12 leading-[26px] text-ink-3">{t('state.done')}</span>
        ) : open ? (
          <Badge tone="info">{t('state.open')}</Badge>
        ) : (
          <Button size="xs" look="quiet" onClick={props.onOpen}>
            {step.skipped ? t('state.skipped') : t('state.start')}
          </Button>
        )}
      </span>
    </li>
  );
}

function Ring({ done, of }: { done: number; of: number }) {
  const { t } = useTranslation('onboarding');
  const round = 2 * Math.PI * 24;
  return (
    <svg
      width="56"
      height="56"
      viewBox="0 0 56 56"
      role="img"
      aria-label={t('n_of_m', { n: done, m: of })}
      className="shrink-0"
    >
      <circle cx="28" cy="28" r="24" fill="none" className="stroke-line" strokeWidth="4" />
      <circle
        cx="28"
        cy="28"
        r="24"
        fill="none"
        className="stroke-ok transition-[stroke-dashoffset]"
        strokeWidth="4"
        strokeLinecap="round"
        strokeDasharray={round}
        strokeDashoffset={round * (1 - done / of)}
        opacity={done === 0 ? 0 : 1}
        transform="rotate(-90 28 28)"
      />
      <text x="28" y="33" textAnchor="middle" fontSize="15" fontWeight="600" fill="var(--ink)">
        {`${done}/${of}`}
      </text>
    </svg>
  );
}
