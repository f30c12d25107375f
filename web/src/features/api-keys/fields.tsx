/** Fields that making and changing a key share. */
import { useTranslation } from 'react-i18next';
import { Field, Input, inputClass } from '../../ui/field';
import { Select } from '../../ui/select';

const ENDS = ['30', '90', '365', 'never', 'day'] as const;

/** Until when the key works. */
export function EndField(props: {
  choice: string;
  day: string;
  onChange: (choice: string, day: string) => void;
  error?: string | undefined;
}) {
  const { t } = useTranslation('api-keys');
  return (
    <Field label={t('form.ends')} hint={t('form.ends_hint')} error={props.error}>
      {(wiring) => (
        <div className="flex gap-2">
          <Select
            {...wiring}
            value={props.choice}
            onChange={(choice) => props.onChange(choice, props.day)}
            options={ENDS.map((value) => ({ value: value as string, label: t(`form.end.${value}`) }))}
          />
          {props.choice === 'day' && (
            <Input
              type="date"
              aria-label={t('form.end.day')}
              value={props.day}
              onChange={(event) => props.onChange('day', event.target.value)}
            />
          )}
        </div>
      )}
    </Field>
  );
}

/** Where the key may come from. */
export function NetworksField(props: { value: string; onChange: (text: string) => void; error?: string | undefined }) {
  const { t } = useTranslation('api-keys');
  return (
    <Field label={t('form.networks')} hint={t('form.networks_hint')} error={props.error}>
      {(wiring) => (
        <textarea
          {...wiring}
          rows={2}
          spellCheck={false}
          value={props.value}
          onChange={(event) => props.onChange(event.target.value)}
          placeholder={'203.0.113.0/24\n2001:db8::/48'}
          className={`${inputClass} h-auto min-h-16 py-2 font-mono text-13`}
        />
      )}
    </Field>
  );
}
