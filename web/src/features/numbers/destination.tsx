import { useTranslation } from 'react-i18next';
import type { NumberRow, Seat } from '../../api/types';
import { can } from '../../can';
import { useMe } from '../../hooks';
import { phone } from '../../i18n/format';
import { Select } from '../../ui/select';
import { toast } from '../../ui/toast';
import { useChangeNumber } from './queries';
import { destinationOf, destinations, NOWHERE } from './words';

/** Where calls to a number go; a choice takes effect at once and can be taken back. */
export function DestinationSelect(props: {
  number: NumberRow;
  seats: Seat[];
  id?: string;
  size?: 'sm' | 'md';
  className?: string;
}) {
  const { t } = useTranslation('numbers');
  const me = useMe();
  const change = useChangeNumber();
  const { number } = props;
  const options = destinations(props.seats, t('nowhere'));
  const now = destinationOf(number);
  const shown = change.isPending ? (change.variables.destination_seat ?? NOWHERE) : now;
  const send = (seat: string) =>
    change.mutateAsync(
      seat === NOWHERE
        ? { id: number.id, destination_kind: 'nowhere' }
        : { id: number.id, destination_kind: 'seat', destination_seat: seat },
    );
  if (!can(me, 'numbers:write'))
    return <span className="text-ink-2">{options.find((one) => one.value === now)?.label ?? t('a_seat')}</span>;
  return (
    <Select
      {...(props.id ? { id: props.id } : {})}
      label={t('routes_to_of', { number: phone(number.e164) })}
      size={props.size ?? 'md'}
      {...(props.className ? { className: props.className } : {})}
      options={options.some((one) => one.value === now) ? options : [...options, { value: now, label: t('a_seat') }]}
      value={shown}
      onChange={(seat) => {
        if (seat === now) return;
        void send(seat)
          .then(() =>
            toast(t('routes_changed', { number: phone(number.e164) }), {
              label: t('undo'),
              onUndo: () => void send(now),
            }),
          )
          .catch(() => toast(t('routes_failed')));
      }}
    />
  );
}
