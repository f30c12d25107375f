/** Twelve keys; the keyboard's digits work too while it is open. */
import { useTranslation } from 'react-i18next';
import { usePhone } from '../../softphone/context';
import { Button } from '../../ui/button';
import { useShortcuts } from './shortcuts';

const KEYS = ['1', '2', '3', '4', '5', '6', '7', '8', '9', '*', '0', '#'] as const;
const LETTERS: Record<string, string> = {
  2: 'ABC',
  3: 'DEF',
  4: 'GHI',
  5: 'JKL',
  6: 'MNO',
  7: 'PQRS',
  8: 'TUV',
  9: 'WXYZ',
};

export function Keypad({ digits }: { digits: string }) {
  const { t } = useTranslation('desk');
  const { phone } = usePhone();
  useShortcuts(Object.fromEntries(KEYS.map((key) => [key, () => phone?.sendDigit(key)])));
  return (
    <fieldset className="mx-auto mt-4 w-60">
      <legend className="sr-only">{t('keypad')}</legend>
      <output
        aria-label={t('digits_sent')}
        className="num mb-2 block h-7 truncate text-center text-20 font-medium tracking-widest"
      >
        {digits}
      </output>
      <div className="grid grid-cols-3 gap-2">
        {KEYS.map((key) => (
          <Button key={key} look="quiet" className="h-13 flex-col gap-0" onClick={() => phone?.sendDigit(key)}>
            <span className="sr-only">{t('key', { key })}</span>
            <span aria-hidden className="text-16 font-medium">
              {key}
            </span>
            <span aria-hidden className="h-4 text-12 tracking-widest text-ink-3">
              {LETTERS[key] ?? ''}
            </span>
          </Button>
        ))}
      </div>
    </fieldset>
  );
}
