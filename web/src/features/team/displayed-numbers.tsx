import { useTranslation } from 'react-i18next';
import type { Seat } from '../../api/types';
import { phone } from '../../i18n/format';
import { useProblemText } from '../../i18n/problems';
import { Note } from '../../ui/state';
import { useNumbers } from '../numbers/queries';
import { useChangeSeat } from './queries';

/** The company's numbers a seat may show when it calls; the first ticked one is shown unless another is chosen. */
export function DisplayedNumbers({ seat, writes }: { seat: Seat; writes: boolean }) {
  const { t } = useTranslation('team');
  const say = useProblemText();
  const numbers = useNumbers();
  const change = useChangeSeat();
  const now = seat.displayed_numbers.map((one) => one.id);
  const shown = change.isPending ? (change.variables.displayed_numbers ?? now) : now;
  const owned = numbers.data?.items ?? [];
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
            checked={shown.includes(one.id)}
            disabled={!writes || change.isPending}
            onChange={() => toggle(one.id)}
            className="size-4 accent-brand"
          />
          <span className="font-medium">{phone(one.e164)}</span>
          <span className="truncate text-ink-3">{one.label}</span>
          {shown[0] === one.id && <span className="ml-auto text-12 text-ink-3">{t('seats.usual')}</span>}
        </label>
      ))}
      {change.isError && <Note tone="bad" title={say(change.error)} />}
    </fieldset>
  );
}
