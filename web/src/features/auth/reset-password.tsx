import { useMutation } from '@tanstack/react-query';
import { Link, useSearch } from '@tanstack/react-router';
import { useForm } from 'react-hook-form';
import { useTranslation } from 'react-i18next';
import { ok, open } from '../../api/client';
import { useProblemText } from '../../i18n/problems';
import { paths } from '../../paths';
import { Button, buttonClass } from '../../ui/button';
import { Note } from '../../ui/state';
import { AuthLayout } from './layout';
import { PasswordField, PasswordRules } from './password-field';
import { passwordGood } from './rules';

/** The other end of the link: a new password, typed once. */
export function ResetPasswordPage() {
  const { t } = useTranslation('auth');
  const say = useProblemText();
  const { token = '' } = useSearch({ strict: false }) as { token?: string };
  const form = useForm({ defaultValues: { password: '' }, mode: 'onTouched' });
  const reset = useMutation({
    mutationFn: async ({ password }: { password: string }) => {
      await ok(open.POST('/v1/password-reset/confirm', { body: { token, password } }));
      return true;
    },
  });
  const toSignIn = (
    <Link to={paths.signIn} className={buttonClass({ look: 'primary', size: 'lg' })}>
      {t('sign_in')}
    </Link>
  );
  if (reset.data)
    return (
      <AuthLayout title={t('reset.done')}>
        <p className="text-ink-2">{t('reset.done_note')}</p>
        {toSignIn}
      </AuthLayout>
    );
  if (token === '')
    return (
      <AuthLayout title={t('verify.failed')}>
        <Note tone="bad" title={t('verify.no_token')} />
        {toSignIn}
      </AuthLayout>
    );
  return (
    <AuthLayout title={t('reset.title')} note={t('reset.note')}>
      <form
        noValidate
        className="flex flex-col gap-4"
        onSubmit={form.handleSubmit((body) => !reset.isPending && reset.mutate(body))}
      >
        <PasswordField
          label={t('reset.password')}
          autoComplete="new-password"
          error={form.formState.errors.password?.message}
          {...form.register('password', {
            required: t('needed'),
            validate: (text) => passwordGood(text, []) || t('password_weak'),
          })}
        />
        <PasswordRules password={form.watch('password')} about={[]} />
        {reset.isError && <Note tone="bad" title={say(reset.error)} />}
        <Button type="submit" look="primary" size="lg" busy={reset.isPending}>
          {t('reset.action')}
        </Button>
      </form>
    </AuthLayout>
  );
}
