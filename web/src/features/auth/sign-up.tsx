import { useMutation } from '@tanstack/react-query';
import { Link, Navigate } from '@tanstack/react-router';
import { Controller, useForm } from 'react-hook-form';
import { useTranslation } from 'react-i18next';
import { ok, open } from '../../api/client';
import { session } from '../../api/session';
import { useSession } from '../../hooks';
import { useCountries } from '../../i18n/countries';
import { useFieldErrors, useProblemText } from '../../i18n/problems';
import { paths } from '../../paths';
import { usePrices } from '../../prices';
import { Button } from '../../ui/button';
import { Combobox } from '../../ui/combobox';
import { Field, TextField } from '../../ui/field';
import { Note } from '../../ui/state';
import { keepEmailLink } from './email-link';
import { AuthLayout } from './layout';
import { PasswordField, PasswordRules } from './password-field';
import { countryOf, emailLooksRight, passwordGood } from './rules';

type Form = { company: string; name: string; email: string; password: string; country: string };

export function SignUpPage() {
  const { t, i18n } = useTranslation('auth');
  const say = useProblemText();
  const fieldErrors = useFieldErrors();
  const state = useSession();
  const form = useForm<Form>({
    defaultValues: { company: '', name: '', email: '', password: '', country: countryOf(navigator.languages) },
    mode: 'onTouched',
  });
  const signUp = useMutation({
    mutationFn: (body: Form) =>
      ok(
        open.POST('/v1/sign-up', {
          body: { ...body, email: body.email.trim(), locale: i18n.resolvedLanguage ?? 'en' },
        }),
      ),
    onSuccess: (grant) => {
      keepEmailLink(grant.email_link);
      session.accept(grant, true);
    },
    onError: (problem) => {
      for (const [field, message] of Object.entries(fieldErrors(problem)))
        form.setError(field as keyof Form, { message });
    },
  });
  const countries = useCountries();
  const open_ = usePrices();
  if (state.kind === 'signed_in') return <Navigate to={paths.home} replace />;
  if (!open_) return <Navigate to={paths.signIn} replace />;
  const errors = form.formState.errors;
  const [password, name, email, company] = form.watch(['password', 'name', 'email', 'company']);
  const needed = { required: t('needed') };
  return (
    <AuthLayout
      title={t('create_company')}
      note={t('create_note')}
      corner={
        <>
          {t('have_account')}{' '}
          <Link to={paths.signIn} className="font-medium text-brand underline underline-offset-3">
            {t('sign_in')}
          </Link>
        </>
      }
    >
      <form
        noValidate
        className="flex flex-col gap-4"
        onSubmit={form.handleSubmit((body) => !signUp.isPending && signUp.mutate(body))}
      >
        <TextField
          label={t('your_name')}
          autoComplete="name"
          className="h-10"
          error={errors.name?.message}
          {...form.register('name', needed)}
        />
        <TextField
          label={t('work_email')}
          type="email"
          autoComplete="username"
          inputMode="email"
          className="h-10"
          error={errors.email?.message}
          {...form.register('email', { ...needed, validate: (text) => emailLooksRight(text) || t('email_wrong') })}
        />
        <PasswordField
          label={t('password')}
          autoComplete="new-password"
          error={errors.password?.message}
          {...form.register('password', {
            ...needed,
            validate: (text) => passwordGood(text, [name, email, company]) || t('password_weak'),
          })}
        />
        <PasswordRules password={password} about={[name, email, company]} />
        <TextField
          label={t('company_name')}
          autoComplete="organization"
          className="h-10"
          error={errors.company?.message}
          {...form.register('company', needed)}
        />
        <Controller
          control={form.control}
          name="country"
          rules={needed}
          render={({ field, fieldState }) => (
            <Field label={t('country')} hint={t('country_hint')} error={fieldState.error?.message}>
              {(wiring) => (
                <Combobox
                  {...wiring}
                  options={countries}
                  value={field.value}
                  onChange={(value) => field.onChange(value ?? '')}
                  empty={t('common:nothing_found')}
                  size="lg"
                />
              )}
            </Field>
          )}
        />
        {signUp.isError && <Note tone="bad" title={say(signUp.error)} />}
        <Button type="submit" look="primary" size="lg" busy={signUp.isPending}>
          {t('create_company')}
        </Button>
      </form>
    </AuthLayout>
  );
}
