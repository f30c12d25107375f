import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Schemas } from '../../../api/types';
import { useProblemText } from '../../../i18n/problems';
import { TextField } from '../../../ui/field';
import { Confirm } from '../../../ui/overlay';
import { Switch } from '../../../ui/switch';
import { useChangeTenant } from '../queries';

/** Suspends a company or lets it in again, with a reason that the company reads. */
export function StopDialog({ tenant, onClose }: { tenant: Schemas['OperatorTenant']; onClose: () => void }) {
  const { t } = useTranslation('operator');
  const say = useProblemText();
  const change = useChangeTenant();
  const [reason, setReason] = useState('');
  const [endCalls, setEndCalls] = useState(false);
  const stop = tenant.state === 'active';
  const body = {
    state: stop ? 'suspended' : 'active',
    ...(reason.trim() ? { reason: reason.trim() } : {}),
    ...(stop && endCalls ? { end_calls: true } : {}),
  };
  return (
    <Confirm
      open
      gentle={!stop}
      onClose={onClose}
      title={t(stop ? 'companies.suspend_title' : 'companies.let_in_title', { company: tenant.name })}
      action={stop ? t('companies.suspend') : t('companies.let_in')}
      busy={change.isPending}
      error={change.isError ? say(change.error) : null}
      onConfirm={() => change.mutate({ id: tenant.id, ...body }, { onSuccess: onClose })}
    >
      <div className="flex flex-col gap-4">
        <p>{stop ? t('companies.suspend_text') : t('companies.let_in_text')}</p>
        <TextField
          label={t('companies.reason')}
          hint={t('companies.reason_hint')}
          maxLength={300}
          value={reason}
          onChange={(event) => setReason(event.target.value)}
        />
        {stop && (
          <Switch
            label={t('companies.end_calls', { count: tenant.live_calls })}
            checked={endCalls}
            onChange={setEndCalls}
          />
        )}
      </div>
    </Confirm>
  );
}
