import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Gateway } from '../../../api/types';
import { useProblemText } from '../../../i18n/problems';
import { Button } from '../../../ui/button';
import { TextField } from '../../../ui/field';
import { Dialog } from '../../../ui/overlay';
import { Note } from '../../../ui/state';
import { useChangeGateway } from '../queries';

/** Stops the calls of a gateway that a company racked itself, with a reason that the company reads. */
export function SuspendGateway({ gateway, onClose }: { gateway: Gateway; onClose: () => void }) {
  const { t } = useTranslation('operator');
  const say = useProblemText();
  const change = useChangeGateway();
  const [reason, setReason] = useState('');
  return (
    <Dialog
      open
      onClose={onClose}
      title={t('suspend.title', { gateway: gateway.label })}
      foot={
        <>
          <Button look="ghost" onClick={onClose}>
            {t('common:cancel')}
          </Button>
          <Button
            look="end"
            busy={change.isPending}
            onClick={() =>
              change.mutate(
                { id: gateway.id, suspended: true, suspended_reason: reason.trim() || null },
                { onSuccess: onClose },
              )
            }
          >
            {t('suspend.menu')}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-4">
        <p className="text-14 text-ink-2">{t('suspend.text', { company: gateway.company })}</p>
        <TextField
          label={t('suspend.reason')}
          hint={t('common:optional')}
          maxLength={200}
          value={reason}
          onChange={(event) => setReason(event.target.value)}
        />
        {change.isError && <Note tone="bad" title={say(change.error)} />}
      </div>
    </Dialog>
  );
}
