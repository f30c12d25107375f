import { useTranslation } from 'react-i18next';
import type { Seat } from '../../api/types';
import { phone } from '../../i18n/format';
import { useProblemText } from '../../i18n/problems';
import { Note } from '../../ui/state';
import { useNumbers } from '../numbers/queries';
import { useChangeSeat } from './queries';
import { shownBy } from './rules';

/** The company's numbers a seat may show when it calls; the first ticked one is shown unless another is chosen. */
export function DisplayedNumbers({ seat, writes }: { seat: Seat; writes: boolean }) {
  const { t } = useTranslation('team');
  const say = useProblemText();
  const numbers = useNumbers();
  const change = useChangeSeat();
  const now = seat.displayed_numbers.map((one) => one.id);
  const shown = change.isPending ? (change.variables.displayed_numbers ?? now) : now;
  const owned = numbers.data?.items ?? [];
  const chosen = shown.flatMap((id) => owned.find((one) => one.id === id) ?? []);
  const usual = shownBy({ id: seat.id, displayed_numbers: chosen }, owned)[0]?.id;
  const toggle = (id: string) =>
    change.mutate({
      id: seat.id,
      displayed_numbers: shown.includes(id) ? shown.filter((one) => one !== id) : [...shown, id],
    });
  return (
    <fieldset className="flex flex-col gap-2">
      <legend className="text-13 font-semibold">{t('seats.shows')}</legend>
      <p className="mt-1 text-12 text-ink-3">{t('seats.shows_hint')}</p>
      {owned.length === 0 && <p className="text-13 text-ink-2">{t('seats.no_numbers')}</p>}
      {owned.map((one) => (
        <label key={one.id} className="num flex min-h-8 items-center gap-2.5 text-13">
          <input
            type="checkbox"
            checked={shown.includes(one.id) || one.destination_seat === seat.id}
            disabled={!writes || change.isPending || (one.destination_seat === seat.id && !shown.includes(one.id))}
            onChange={() => toggle(one.id)}
            className="tick"
          />
          <span className="font-medium">{phone(one.e164)}</span>
          <span className="truncate text-ink-3">{one.label}</span>
          <span className="ml-auto flex gap-2 text-12 whitespace-nowrap text-ink-3">
            {one.destination_seat === seat.id && <span>{t('seats.rings_here')}</span>}
            {usual === one.id && <span>{t('seats.usual')}</span>}
          </span>
        </label>
      ))}
      {change.isError && <Note tone="bad" title={say(change.error)} />}
    </fieldset>
  );
}
