/** The checklist as values. */
import type { Onboarding, OnboardingStep } from '../../api/types';

/** The order on the page; the first call comes before invitations on purpose. */
export const ORDER: readonly OnboardingStep[] = [
  'verify_email',
  'mic_test',
  'claim_number',
  'add_seat',
  'test_call',
  'invite',
];

export type StepState = { key: OnboardingStep; done: boolean; skipped: boolean };

export function inOrder(onboarding: Onboarding): StepState[] {
  return ORDER.map((key) => onboarding.steps.find((one) => one.key === key) ?? { key, done: false, skipped: false });
}

/** The first step that waits for the reader; those passed over come again when nothing else is left. */
export function nextStep(steps: StepState[], after?: OnboardingStep): OnboardingStep | null {
  const from = after ? steps.findIndex((one) => one.key === after) + 1 : 0;
  const turned = [...steps.slice(from), ...steps.slice(0, from)];
  return turned.find((one) => !one.done && !one.skipped)?.key ?? turned.find((one) => !one.done)?.key ?? null;
}

export const doneCount = (steps: StepState[]): number => steps.filter((one) => one.done).length;
