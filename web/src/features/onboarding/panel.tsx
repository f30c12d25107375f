/** The open step beside the list: never in the way, always to be passed over. */
import { X } from 'lucide-react';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { OnboardingStep } from '../../api/types';
import { Button, IconButton } from '../../ui/button';
import { Note } from '../../ui/state';
import { CallPanel } from './panels/call';
import { InvitePanel } from './panels/invite';
import { MicPanel } from './panels/mic';
import { NumberPanel } from './panels/number';
import { SeatPanel } from './panels/seat';
import { VerifyPanel } from './panels/verify';
import type { StepState } from './steps';

const PANELS: Record<OnboardingStep, () => ReactNode> = {
  verify_email: VerifyPanel,
  mic_test: MicPanel,
  claim_number: NumberPanel,
  add_seat: SeatPanel,
  test_call: CallPanel,
  invite: InvitePanel,
};

export function StepPanel(props: { step: StepState; onClose: () => void; onNext: () => void; onSkip: () => void }) {
  const { step, onClose, onNext, onSkip } = props;
  const { t } = useTranslation('onboarding');
  const Panel = PANELS[step.key];
  return (
    <aside
      aria-label={t(`${step.key}.title`)}
      className="flex flex-col border-l border-line bg-panel max-lg:order-first max-lg:border-b max-lg:border-l-0"
    >
      <div className="flex h-14 shrink-0 items-center gap-2 border-b border-line pr-3 pl-6">
        <h2 className="grow text-16 font-semibold tracking-tight">{t(`${step.key}.title`)}</h2>
        <IconButton label={t('common:close')} onClick={onClose}>
          <X aria-hidden className="size-4" />
        </IconButton>
      </div>
      <div className="flex grow flex-col gap-5 p-6">
        {step.done && <Note tone="ok" title={t('step_done')} />}
        <Panel />
      </div>
      <div className="flex justify-end gap-2 border-t border-line px-5 py-3">
        {step.done ? (
          <Button onClick={onNext}>{t('common:next')}</Button>
        ) : (
          <Button look="ghost" onClick={onSkip}>
            {t('later')}
          </Button>
        )}
      </div>
    </aside>
  );
}
