import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useProblemText } from '../../i18n/problems';
import { Button } from '../../ui/button';
import { Field, TextField } from '../../ui/field';
import { Select } from '../../ui/select';
import { Note } from '../../ui/state';
import { toast } from '../../ui/toast';
import { useAddSeat, useMembers, useSeats } from './queries';
import { extensionFault, freeExtension } from './rules';

const NOBODY = 'nobody';

export function SeatForm({ onDone }: { onDone: (seat: string) => void }) {
  const { t } = useTranslation('team');
  const say = useProblemText();
  const seats = useSeats();
  const members = useMembers();
  const add = useAddSeat();
  const [label, setLabel] = useState('');
  const [extension, setExtension] = useState('');
  const [member, setMember] = useState(NOBODY);
  const [key] = useState(() => crypto.randomUUID());
  const taken = (seats.data ?? []).filter((one) => one.state === 'active').map((one) => one.extension);
  const proposed = freeExtension(taken);
  const fault = extension ? extensionFault(extension, taken) : null;
  const free = (members.data ?? []).filter((one) => !one.seat && one.state === 'active');
  return (
    <form
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        if (fault || add.isPending) return;
        const body = {
          extension: extension || proposed,
          ...(label.trim() ? { label: label.trim() } : {}),
          ...(member === NOBODY ? {} : { member }),
        };
        add.mutate(
          { ...body, key: `${key}-${body.extension}` },
          {
            onSuccess: (seat) => {
              toast(t('seats.added', { extension: seat.extension }));
              onDone(seat.id);
            },
          },
        );
      }}
    >
      <Field label={t('seats.person')} hint={t('seats.person_hint')}>
        {(wiring) => (
          <Select
            {...wiring}
            value={member}
            onChange={setMember}
            options={[
              { value: NOBODY, label: t('seats.nobody') },
              ...free.map((one) => ({ value: one.id, label: one.name })),
            ]}
          />
        )}
      </Field>
      <TextField
        label={t('seats.label')}
        hint={t('seats.label_hint')}
        maxLength={60}
        value={label}
        onChange={(event) => setLabel(event.target.value)}
      />
      <TextField
        label={t('seats.extension')}
        hint={t('seats.extension_hint', { extension: proposed })}
        error={fault && t(`seats.fault.${fault}`)}
        inputMode="numeric"
        placeholder={proposed}
        value={extension}
        onChange={(event) => setExtension(event.target.value.replace(/\D/g, '').slice(0, 6))}
        className="num w-32"
      />
      {add.isError && <Note tone="bad" title={say(add.error)} />}
      <Button type="submit" look="primary" className="self-start" busy={add.isPending}>
        {t('seats.add_action', { extension: extension || proposed })}
      </Button>
    </form>
  );
}
