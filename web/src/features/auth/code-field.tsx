import { type ComponentProps, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { asProblem } from '../../api/problem';
import { TextField } from '../../ui/field';

/** Whether the server asks for the second step. Once it did, the field stays. */
export function useSecondStep(error: unknown): boolean {
  const [asked, setAsked] = useState(false);
  const now = Boolean(error) && secondStepAsked(error);
  useEffect(() => {
    if (now) setAsked(true);
  }, [now]);
  return asked;
}

/** The answer was about the code, not about the password. */
export const secondStepAsked = (error: unknown): boolean =>
  ['second_factor_needed', 'wrong_code'].includes(asProblem(error).code);

/** Being asked for the second step is no failure to tell of. */
export const isFailure = (error: unknown): boolean =>
  Boolean(error) && asProblem(error).code !== 'second_factor_needed';

/** Six digits of an authenticator, or a recovery code; of the first code there is no other kind. */
export function CodeField({
  first,
  ...props
}: Omit<ComponentProps<'input'>, 'id'> & { first?: boolean; error?: string | null | undefined }) {
  const { t } = useTranslation('auth');
  return (
    <TextField
      label={t('code.label')}
      hint={t(first ? 'code.first' : 'code.hint')}
      autoComplete="one-time-code"
      autoCapitalize="none"
      spellCheck={false}
      className="num h-10 tracking-widest"
      {...props}
    />
  );
}
