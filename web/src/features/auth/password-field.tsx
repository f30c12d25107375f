import { Check, Circle, Eye, EyeOff } from 'lucide-react';
import { type ComponentProps, type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { IconButton } from '../../ui/button';
import { cx } from '../../ui/cx';
import { Field, Input } from '../../ui/field';
import { PASSWORD_MIN, passwordRules } from './rules';

/** A password that may be pasted, filled by a manager, and looked at. */
export function PasswordField(
  props: Omit<ComponentProps<'input'>, 'type' | 'id'> & {
    label: string;
    error?: string | null | undefined;
    hint?: ReactNode;
    aside?: ReactNode;
  },
) {
  const { t } = useTranslation('auth');
  const [shown, setShown] = useState(false);
  const { label, error, hint, aside, className, ...input } = props;
  return (
    <Field label={label} error={error} hint={hint} aside={aside}>
      {(wiring) => (
        <div className="relative">
          <Input
            {...wiring}
            {...input}
            type={shown ? 'text' : 'password'}
            spellCheck={false}
            autoCapitalize="none"
            className={cx('h-10 pr-10', className)}
          />
          <IconButton
            label={shown ? t('hide_password') : t('show_password')}
            aria-pressed={shown}
            onClick={() => setShown(!shown)}
            className="absolute top-1 right-1"
          >
            {shown ? <EyeOff aria-hidden className="size-4" /> : <Eye aria-hidden className="size-4" />}
          </IconButton>
        </div>
      )}
    </Field>
  );
}

/** The rules, ticked as they are met. */
export function PasswordRules({ password, about }: { password: string; about: readonly string[] }) {
  const { t } = useTranslation('auth');
  return (
    <ul className="-mt-1.5 flex flex-col gap-1 text-12" aria-label={t('password_rules')}>
      {passwordRules(password, about).map((rule) => (
        <li key={rule.key} className={cx('flex items-center gap-1.5', rule.met ? 'text-ok' : 'text-ink-3')}>
          {rule.met ? <Check aria-hidden className="size-3.5" /> : <Circle aria-hidden className="size-3.5" />}
          {t(`rules.${rule.key}`, { count: PASSWORD_MIN })}
          <span className="sr-only">{rule.met ? t('met') : t('not_met')}</span>
        </li>
      ))}
    </ul>
  );
}
