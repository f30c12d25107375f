import { useMutation, useQuery } from '@tanstack/react-query';
import { Link, Navigate, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { useForm } from 'react-hook-form';
import { useTranslation } from 'react-i18next';
import { ok, open } from '../../api/client';
import { asProblem } from '../../api/problem';
import { session } from '../../api/session';
import type { Schemas } from '../../api/types';
import { useFieldErrors, useProblemText } from '../../i18n/problems';
import { paths } from '../../paths';
import { Button, buttonClass } from '../../ui/button';
import { HangingCord } from '../../ui/cord';
import { TextField } from '../../ui/field';
import { Note, Skeleton } from '../../ui/state';
import { CodeField, isFailure, useSecondStep } from './code-field';
import { AuthLayout } from './layout';
import { PasswordField, PasswordRules } from './password-field';

/** The other end of an invitation link. */
export function JoinPage() {
  const { t } = useTranslation('auth');
  const say = useProblemText();
  const { token = '' } = useSearch({ strict: false }) as { token?: string };
  const preview = useQuery({
    queryKey: ['invitation', token],
    queryFn: () => ok(open.GET('/v1/invitations/by-token', { params: { query: { token } } })),
    retry: false,
    enabled: token !== '',
  });
  if (token === '' || preview.isError)
    return (
      <AuthLayout title={t('join.failed')}>
        <HangingCord state="failed" label={t('join.failed')} className="my-2 w-60" />
        <Note tone="bad" title={token === '' ? t('verify.no_token') : say(preview.error)}>
          {t('join.ask_again')}
        </Note>
        <Link to={paths.signIn} className={buttonClass({ size: 'lg' })}>
          {t('sign_in')}
        </Link>
      </AuthLayout>
    );
  if (!preview.data)
    return (
      <AuthLayout title={t('join.loading')}>
        <Skeleton className="h-10" />
      </AuthLayout>
    );
  return <JoinForm token={token} invitation={preview.data} />;
}

type Form = { name: string; password: string; code: string };

function JoinForm({ token, invitation }: { token: string; invitation: Schemas['InvitationPreview'] }) {
  const { t } = useTranslation('auth');
  const say = useProblemText();
  const fieldErrors = useFieldErrors();
  const [joined, setJoined] = useState(false);
  const form = useForm<Form>({ defaultValues: { name: '', password: '', code: '' }, mode: 'onTouched' });
  const accept = useMutation({
    mutationFn: ({ name, password, code }: Form) =>
      ok(
        open.POST('/v1/invitations/by-token/accept', {
          params: { query: { token } },
          body: { name, ...(password ? { password } : {}), ...(code ? { code: code.trim() } : {}) },
        }),
      ),
    onSuccess: (grant) => {
      session.accept(grant, true);
      setJoined(true);
    },
    onError: (problem) => {
      for (const [field, message] of Object.entries(fieldErrors(problem)))
        form.setError(field as keyof Form, { message });
    },
  });
  const second = useSecondStep(accept.error);
  if (joined) return <Navigate to={paths.home} replace />;
  // A member now, who comes in as the company wants it.
  if (accept.isError && asProblem(accept.error).code === 'sso_required')
    return (
      <Navigate to={paths.signIn} search={{ problem: 'sso_required', company: invitation.email } as never} replace />
    );
  const errors = form.formState.errors;
  const [name, password] = form.watch(['name', 'password']);
  const about = [name, invitation.email];
  const isNew = invitation.needs_password;
  return (
    <AuthLayout
      title={t('join.title', { company: invitation.company })}
      note={t('join.note', {
        inviter: invitation.inviter,
        role: invitation.custom_role ?? t(`common:roles.${invitation.role}`),
      })}
    >
      <form
        noValidate
        className="flex flex-col gap-4"
        onSubmit={form.handleSubmit((body) => !accept.isPending && accept.mutate(body))}
      >
        <TextField
          label={t('email')}
          value={invitation.email}
          readOnly
          autoComplete="username"
          className="h-10 bg-panel-2"
        />
        {isNew && (
          <>
            <TextField
              label={t('your_name')}
              autoComplete="name"
              className="h-10"
              error={errors.name?.message}
              {...form.register('name', { required: t('needed') })}
            />
            <PasswordField
              label={t('password')}
              autoComplete="new-password"
              error={errors.password?.message}
              hint={t('join.known')}
              {...form.register('password', { required: t('needed') })}
            />
            <PasswordRules password={password} about={about} />
          </>
        )}
        {second && <CodeField {...form.register('code')} />}
        {isFailure(accept.error) && <Note tone="bad" title={say(accept.error)} />}
        <Button type="submit" look="primary" size="lg" busy={accept.isPending}>
          {t('join.action', { company: invitation.company })}
        </Button>
      </form>
    </AuthLayout>
  );
}
