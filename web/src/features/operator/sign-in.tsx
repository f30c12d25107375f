import { useMutation } from '@tanstack/react-query';
import { Link, Navigate } from '@tanstack/react-router';
import { useEffect } from 'react';
import { useForm } from 'react-hook-form';
import { useTranslation } from 'react-i18next';
import { ok, open } from '../../api/client';
import { operatorSession } from '../../api/session';
import { useOperatorSession } from '../../hooks';
import { useProblemText } from '../../i18n/problems';
import { paths } from '../../paths';
import { Button } from '../../ui/button';
import { TextField } from '../../ui/field';
import { Note } from '../../ui/state';
import { CodeField, isFailure, secondStepAsked, useSecondStep } from '../auth/code-field';
import { AuthLayout } from '../auth/layout';
import { PasswordField } from '../auth/password-field';

type Form = { email: string; password: string; code: string };

export function OperatorSignInPage() {
  const { t } = useTranslation(['operator', 'auth']);
  const say = useProblemText();
  const state = useOperatorSession();
  const form = useForm<Form>({ defaultValues: { email: '', password: '', code: '' } });
  const signIn = useMutation({
    mutationFn: ({ code, ...body }: Form) =>
      ok(open.POST('/v1/operator/sign-in', { body: { ...body, ...(code ? { code: code.trim() } : {}) } })),
    onError: (why) => secondStepAsked(why) && setTimeout(() => form.setFocus('code')),
    onSuccess: (grant) => operatorSession.accept(grant, true),
  });
  const second = useSecondStep(signIn.error);
  useEffect(() => {
    if (state.kind === 'unknown') void operatorSession.refresh().catch(() => undefined);
  }, [state.kind]);
  if (state.kind === 'signed_in') return <Navigate to={paths.operator} replace />;
  return (
    <AuthLayout
      title={t('sign_in.title')}
      note={t('sign_in.note')}
      corner={
        <Link to={paths.signIn} className="font-medium text-brand underline underline-offset-3">
          {t('sign_in.members')}
        </Link>
      }
    >
      <form
        noValidate
        className="flex flex-col gap-4"
        onSubmit={form.handleSubmit((body) => !signIn.isPending && signIn.mutate(body))}
      >
        <TextField
          label={t('auth:email')}
          type="email"
          autoComplete="username"
          className="h-10"
          error={form.formState.errors.email && t('auth:email_needed')}
          {...form.register('email', { required: true })}
        />
        <PasswordField
          label={t('auth:password')}
          autoComplete="current-password"
          error={form.formState.errors.password && t('auth:password_needed')}
          {...form.register('password', { required: true })}
        />
        {second && <CodeField {...form.register('code')} />}
        {isFailure(signIn.error) && <Note tone="bad" title={say(signIn.error)} />}
        <Button type="submit" look="primary" size="lg" busy={signIn.isPending}>
          {t('auth:sign_in')}
        </Button>
      </form>
    </AuthLayout>
  );
}
