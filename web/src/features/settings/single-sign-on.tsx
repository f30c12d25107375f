import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, ok } from '../../api/client';
import { keys } from '../../api/query';
import type { Schemas } from '../../api/types';
import { date } from '../../i18n/format';
import { useProblemText } from '../../i18n/problems';
import { StatusDot } from '../../ui/badge';
import { Button } from '../../ui/button';
import { CopyField } from '../../ui/copy-field';
import { Confirm } from '../../ui/overlay';
import { Card, Fact, Facts } from '../../ui/page';
import { ErrorState, Skeleton } from '../../ui/state';
import { toast } from '../../ui/toast';
import { SingleSignOnForm } from './single-sign-on-form';

/** Which service says who the company's people are. */
export function SingleSignOnCard({ may }: { may: boolean }) {
  const { t } = useTranslation('settings');
  const state = useQuery({
    queryKey: keys.singleSignOn,
    queryFn: () => ok(api.GET('/v1/company/single-sign-on')),
    enabled: may,
  });
  const [step, setStep] = useState<'form' | 'remove' | null>(null);
  return (
    <Card title={t('sso.title')} note={t('sso.note')}>
      <div className="flex flex-col gap-4 p-4">
        {!may && <p className="text-13 text-ink-2">{t('sso.owners')}</p>}
        {may && state.isPending && <Skeleton className="w-40" />}
        {state.isError && !state.data && <ErrorState error={state.error} onRetry={() => void state.refetch()} />}
        {state.data && <Standing state={state.data} />}
        {state.data && (
          <div className="flex flex-wrap gap-2">
            <Button look={state.data.on ? 'plain' : 'primary'} onClick={() => setStep('form')}>
              {state.data.on ? t('sso.change') : t('sso.set_up')}
            </Button>
            {state.data.on && (
              <Button look="danger" onClick={() => setStep('remove')}>
                {t('sso.remove')}
              </Button>
            )}
          </div>
        )}
      </div>
      {step === 'form' && state.data && <SingleSignOnForm state={state.data} onClose={() => setStep(null)} />}
      {step === 'remove' && <Remove onClose={() => setStep(null)} />}
    </Card>
  );
}

function Standing({ state }: { state: Schemas['SingleSignOn'] }) {
  const { t } = useTranslation('settings');
  return (
    <>
      <StatusDot tone={state.on ? (state.tested_at ? 'ok' : 'warn') : 'line'} className="text-13 break-all">
        {state.on ? t('sso.on', { issuer: state.issuer }) : t('sso.off')}
      </StatusDot>
      {state.on && (
        <Facts>
          <Fact name={t('sso.domains')}>{state.domains.join(', ')}</Fact>
          <Fact name={t('sso.title')}>
            {state.tested_at ? t('sso.tested', { date: date(state.tested_at) }) : t('sso.untested')}
          </Fact>
          {state.auto_join && <Fact name={t('sso.auto_role')}>{t(`common:roles.${state.auto_role}`)}</Fact>}
        </Facts>
      )}
      {state.on && state.enforced && <p className="text-13 text-ink-2">{t('sso.enforced')}</p>}
      <CopyField label={t('sso.redirect')} value={state.redirect_address} />
    </>
  );
}

function Remove({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation('settings');
  const say = useProblemText();
  const client = useQueryClient();
  const remove = useMutation({
    mutationFn: () => ok(api.DELETE('/v1/company/single-sign-on')),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: keys.singleSignOn });
      toast(t('sso.removed'));
      onClose();
    },
  });
  return (
    <Confirm
      open
      onClose={onClose}
      title={t('sso.remove_title')}
      action={t('sso.remove')}
      busy={remove.isPending}
      error={remove.isError ? say(remove.error) : null}
      onConfirm={() => remove.mutate()}
    >
      {t('sso.remove_note')}
    </Confirm>
  );
}
