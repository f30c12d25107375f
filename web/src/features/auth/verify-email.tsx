import { useQuery } from '@tanstack/react-query';
import { Link, useSearch } from '@tanstack/react-router';
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { ok, open } from '../../api/client';
import { keys, queryClient } from '../../api/query';
import { session } from '../../api/session';
import { useProblemText } from '../../i18n/problems';
import { paths } from '../../paths';
import { buttonClass } from '../../ui/button';
import { HangingCord } from '../../ui/cord';
import { Note } from '../../ui/state';
import { forgetEmailLink } from './email-link';
import { AuthLayout } from './layout';

export function VerifyEmailPage() {
  const { t } = useTranslation('auth');
  const say = useProblemText();
  const { token = '' } = useSearch({ strict: false }) as { token?: string };
  // A query, not an effect: a link is good once and React may run an effect twice.
  const check = useQuery({
    queryKey: ['email-check', token],
    queryFn: async () => {
      await ok(open.POST('/v1/email-check', { body: { token } }));
      return true;
    },
    enabled: token !== '',
    retry: false,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: Number.POSITIVE_INFINITY,
  });
  useEffect(() => {
    if (!check.data) return;
    forgetEmailLink();
    void queryClient.invalidateQueries({ queryKey: keys.onboarding });
    // The token in hand still says "unverified".
    void session.refresh().catch(() => undefined);
  }, [check.data]);
  const failed = token === '' || check.isError;
  return (
    <AuthLayout title={failed ? t('verify.failed') : check.data ? t('verify.done') : t('verify.running')}>
      <HangingCord
        state={failed ? 'failed' : check.data ? 'talking' : 'ringing'}
        label={failed ? t('verify.failed') : check.data ? t('verify.done') : t('verify.running')}
        className="my-2 w-60"
      />
      {failed && (
        <Note tone="bad" title={token === '' ? t('verify.no_token') : say(check.error)}>
          {t('verify.way_out')}
        </Note>
      )}
      {check.data && <p className="text-ink-2">{t('verify.done_note')}</p>}
      {(failed || check.data) && (
        <Link to={paths.home} className={buttonClass({ look: 'primary', size: 'lg' })}>
          {failed ? t('sign_in') : t('verify.go_on')}
        </Link>
      )}
    </AuthLayout>
  );
}
