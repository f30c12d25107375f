import { useTranslation } from 'react-i18next';
import type { Member } from '../../api/types';
import { useProblemText } from '../../i18n/problems';
import { Confirm } from '../../ui/overlay';
import { toast } from '../../ui/toast';
import { useResetFactor } from './queries';

/** Asks before a lost second factor is turned off. */
export function ResetFactor({ member, onClose }: { member: Member; onClose: () => void }) {
  const { t } = useTranslation('team');
  const say = useProblemText();
  const reset = useResetFactor();
  return (
    <Confirm
      open
      onClose={onClose}
      title={t('factor.title', { name: member.name })}
      action={t('factor.action')}
      busy={reset.isPending}
      error={reset.isError ? say(reset.error) : null}
      onConfirm={() =>
        reset.mutate(member.id, {
          onSuccess: () => {
            toast(t('factor.done', { name: member.name }));
            onClose();
          },
        })
      }
    >
      {t('factor.note')}
    </Confirm>
  );
}
