import { useMutation } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useForm } from 'react-hook-form';
import { useTranslation } from 'react-i18next';
import { ok, open } from '../../api/client';
import { useProblemText } from '../../i18n/problems';
import { paths } from '../../paths';
import { Button, buttonClass } from '../../ui/button';
import { TextField } from '../../ui/field';
import { Note } from '../../ui/state';
import { AuthLayout } from './layout';

/** Asks for a link that sets a new password. The answer is the same for every address. */
export function ForgotPasswordPage() {
  const { t } = useTranslation('auth');
  const say = useProblemText();
  const form = useForm({ defaultValues: { email: '' } });
  const ask = useMutation({
    mutationFn: ({ email }: { email: string }) =>
      ok(open.POST('/v1/password-reset', { body: { email: email.trim() } })),
  });
  if (ask.data)
    return (
      <AuthLayout title={t('forgot.asked')}>
        <p className="text-ink-2">{ask.data.mailed ? t('forgot.mailed') : t('forgot.operator')}</p>
        <Link to={paths.signIn} className={buttonClass({ size: 'lg' })}>
          {t('sign_in')}
        </Link>
      </AuthLayout>
    );
  return (
    <AuthLayout
      title={t('forgot.title')}
      note={t('forgot.note')}
      corner={
        <Link to={paths.signIn} className="font-medium text-brand underline underline-offset-3">
          {t('sign_in')}
        </Link>
      }
    >
      <form
        noValidate
        className="flex flex-col gap-4"
        onSubmit={form.handleSubmit((body) => !ask.isPending && ask.mutate(body))}
      >
        <TextField
          label={t('email')}
          type="email"
          autoComplete="username"
          inputMode="email"
          className="h-10"
          error={form.formState.errors.email && t('email_needed')}
          {...form.register('email', { required: true })}
        />
        {ask.isError && <Note tone="bad" title={say(ask.error)} />}
        <Button type="submit" look="primary" size="lg" busy={ask.isPending}>
          {t('forgot.action')}
        </Button>
      </form>
    </AuthLayout>
  );
}
