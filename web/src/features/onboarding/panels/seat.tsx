import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useMe } from '../../../hooks';
import { useProblemText } from '../../../i18n/problems';
import { Button } from '../../../ui/button';
import { TextField } from '../../../ui/field';
import { Note } from '../../../ui/state';
import { useSeats, useTakeSeat } from '../../team/queries';
import { freeExtension } from '../../team/rules';

export function SeatPanel() {
  const { t } = useTranslation('onboarding');
  const say = useProblemText();
  const me = useMe();
  const seats = useSeats();
  const add = useTakeSeat();
  const [extension, setExtension] = useState('');
  const [key] = useState(() => crypto.randomUUID());
  const proposed = freeExtension((seats.data ?? []).map((one) => one.extension));
  if (me.seat)
    return (
      <>
        <p>{t('add_seat.yours', { extension: me.seat.extension })}</p>
        <p className="text-13 text-ink-2">{t('add_seat.why')}</p>
      </>
    );
  return (
    <form
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        add.mutate({ extension: extension || proposed, label: me.user.name, member: me.member, key });
      }}
    >
      <p>{t('add_seat.why')}</p>
      <TextField
        label={t('add_seat.extension')}
        hint={t('add_seat.extension_hint')}
        inputMode="numeric"
        pattern="[0-9]{2,6}"
        placeholder={proposed}
        value={extension}
        onChange={(event) => setExtension(event.target.value.replace(/\D/g, '').slice(0, 6))}
        className="num w-32"
      />
      {add.isError && <Note tone="bad" title={say(add.error)} />}
      <Button type="submit" look="primary" busy={add.isPending}>
        {t('add_seat.action', { extension: extension || proposed })}
      </Button>
    </form>
  );
}
