import { useMutation } from '@tanstack/react-query';
import { Link, Navigate, useSearch } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { useForm } from 'react-hook-form';
import { useTranslation } from 'react-i18next';
import { ok, open } from '../../api/client';
import { asProblem, Problem } from '../../api/problem';
import { session } from '../../api/session';
import { useSession } from '../../hooks';
import { useProblemText } from '../../i18n/problems';
import { paths } from '../../paths';
import { usePrices } from '../../prices';
import { Button } from '../../ui/button';
import { TextField } from '../../ui/field';
import { Note } from '../../ui/state';
import { CodeField, isFailure, secondStepAsked, useSecondStep } from './code-field';
import { AuthLayout, useStatus } from './layout';
import { PasswordField } from './password-field';
import { safePath } from './rules';
import { SingleSignOn } from './single-sign-on';

type Form = { email: string; password: string; code: string };

export function SignInPage() {
  const { t } = useTranslation('auth');
  const say = useProblemText();
  const state = useSession();
  const status = useStatus();
  const search = useSearch({ strict: false }) as { next?: string; problem?: string; company?: string };
  // Back from a company's sign-in service without being let in.
  const refused = search.problem ? new Problem(search.problem, 403, '') : null;
  const [bySso, setBySso] = useState(refused !== null);
  // A password was right, and the company takes none.
  const [sent, setSent] = useState<string | null>(null);
  const signsUp = usePrices();
  const form = useForm<Form>({ defaultValues: { email: '', password: '', code: '' } });
  const signIn = useMutation({
    mutationFn: ({ email, password, code }: Form) =>
      ok(open.POST('/v1/sign-in', { body: { email: email.trim(), password, ...(code ? { code: code.trim() } : {}) } })),
    onSuccess: (grant) => session.accept(grant, true),
    onError: (why, { email }) => {
      if (asProblem(why).code === 'sso_required') {
        setSent(email.trim());
        setBySso(true);
      } else if (secondStepAsked(why)) setTimeout(() => form.setFocus('code', { shouldSelect: true }));
      else form.setFocus('password', { shouldSelect: true });
    },
  });
  const second = useSecondStep(signIn.error);
  // A cookie of an earlier visit may still be good.
  useEffect(() => {
    if (state.kind === 'unknown') void session.refresh().catch(() => undefined);
  }, [state.kind]);
  if (state.kind === 'signed_in') return <Navigate to={safePath(search.next)} replace />;
  const errors = form.formState.errors;
  return (
    <AuthLayout
      title={bySso ? t('sso.title') : t('sign_in')}
      note={bySso && t('sso.note')}
      corner={
        signsUp && (
          <>
            {t('no_account')}{' '}
            <Link to={paths.signUp} className="font-medium text-brand underline underline-offset-3">
              {t('create_company')}
            </Link>
          </>
        )
      }
    >
      {sent !== null && bySso && <Note tone="info" title={t('sso.sent')} />}
      {refused && sent === null && (
        <Note tone={refused.code === 'sso_required' ? 'info' : 'bad'} title={say(refused)} />
      )}
      {bySso ? (
        <SingleSignOn
          next={safePath(search.next)}
          company={sent ?? search.company ?? ''}
          onPassword={() => setBySso(false)}
        />
      ) : (
        <>
          <form
            noValidate
            className="flex flex-col gap-4"
            onSubmit={form.handleSubmit((body) => !signIn.isPending && signIn.mutate(body))}
          >
            <TextField
              label={t('email')}
              type="email"
              autoComplete="username"
              inputMode="email"
              className="h-10"
              error={errors.email && t('email_needed')}
              {...form.register('email', { required: true })}
            />
            <PasswordField
              label={t('password')}
              autoComplete="current-password"
              aside={
                <Link to={paths.forgotPassword} className="text-12 text-brand hover:underline">
                  {t('forgot.link')}
                </Link>
              }
              error={errors.password && t('password_needed')}
              {...form.register('password', { required: true })}
            />
            {second && <CodeField {...form.register('code')} />}
            {isFailure(signIn.error) && <Note tone="bad" title={say(signIn.error)} />}
            <Button type="submit" look="primary" size="lg" busy={signIn.isPending}>
              {t('sign_in')}
            </Button>
          </form>
          <Button size="lg" onClick={() => setBySso(true)}>
            {t('sso.use')}
          </Button>
        </>
      )}
      {status.data?.demo && <p className="text-12 text-ink-3">{t('demo_note')}</p>}
    </AuthLayout>
  );
}
