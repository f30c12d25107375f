import { expect, it } from 'vitest';
import type { OnboardingStep } from '../../api/types';
import { doneCount, inOrder, nextStep, ORDER } from './steps';

const steps = (done: OnboardingStep[], skipped: OnboardingStep[] = []) =>
  inOrder({
    finished: false,
    steps: [...ORDER].reverse().map((key) => ({ key, done: done.includes(key), skipped: skipped.includes(key) })),
  });

it('keeps its own order whatever the server sends', () => {
  expect(steps([]).map((one) => one.key)).toEqual([...ORDER]);
});

it('goes to the next undone step, wrapping round', () => {
  expect(nextStep(steps([]))).toBe('verify_email');
  expect(nextStep(steps(['verify_email', 'mic_test']), 'mic_test')).toBe('claim_number');
  expect(nextStep(steps(['invite']), 'invite')).toBe('verify_email');
});

it('comes back to what was passed over only when nothing else is left', () => {
  expect(nextStep(steps([], ['verify_email']))).toBe('mic_test');
  const rest = ORDER.filter((key) => key !== 'mic_test');
  expect(nextStep(steps(rest, ['mic_test']))).toBe('mic_test');
  expect(nextStep(steps([...ORDER]))).toBeNull();
});

it('counts what is done, not what is skipped', () => {
  expect(doneCount(steps(['invite'], ['mic_test']))).toBe(1);
});
