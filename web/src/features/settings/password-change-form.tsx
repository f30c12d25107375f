import type { UseMutationResult } from '@tanstack/react-query';
import { useForm } from 'react-hook-form';
import { useTranslation } from 'react-i18next';
import { useProblemText } from '../../i18n/problems';
import { Button } from '../../ui/button';
import { Note } from '../../ui/state';
import { toast } from '../../ui/toast';
import { PasswordField, PasswordRules } from '../auth/password-field';
import { passwordGood } from '../auth/rules';

type Form = { current: string; fresh: string };

/** The old password once, the new one once; it can be looked at instead of typed twice. */
export function PasswordChangeForm(props: {
  about: string[];
  username: string;
  change: UseMutationResult<unknown, Error, { current: string; new: string }>;
  onDone?: () => void;
}) {
  const { t } = useTranslation('settings');
  const say = useProblemText();
  const form = useForm<Form>({ defaultValues: { current: '', fresh: '' }, mode: 'onTouched' });
  const errors = form.formState.errors;
  return (
    <form
      noValidate
      className="flex flex-col gap-4 p-4"
      onSubmit={form.handleSubmit(({ current, fresh }) =>
        props.change.mutate(
          { current, new: fresh },
          {
            onSuccess: () => {
              form.reset();
              toast(t('password.changed'));
              props.onDone?.();
            },
          },
        ),
      )}
    >
      {/* Password managers file the new password under this name. */}
      <input type="text" autoComplete="username" value={props.username} readOnly hidden />
      <PasswordField
        label={t('password.current')}
        autoComplete="current-password"
        error={errors.current?.message}
        {...form.register('current', { required: t('needed') })}
      />
      <PasswordField
        label={t('password.new')}
        autoComplete="new-password"
        error={errors.fresh?.message}
        {...form.register('fresh', {
          required: t('needed'),
          validate: (text) => passwordGood(text, props.about) || t('password.weak'),
        })}
      />
      <PasswordRules password={form.watch('fresh')} about={props.about} />
      {props.change.isError && <Note tone="bad" title={say(props.change.error)} />}
      <Button type="submit" look="primary" className="self-start" busy={props.change.isPending}>
        {t('password.action')}
      </Button>
    </form>
  );
}
