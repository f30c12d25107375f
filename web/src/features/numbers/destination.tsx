import { useTranslation } from 'react-i18next';
import type { NumberRow, Seat } from '../../api/types';
import { can } from '../../can';
import { useMe } from '../../hooks';
import { phone } from '../../i18n/format';
import { Select } from '../../ui/select';
import { toast } from '../../ui/toast';
import { useFlows } from '../flows/queries';
import { useChangeNumber } from './queries';
import { choiceOf, destinationOf, destinations, NOWHERE } from './words';

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
  const flows = useFlows(can(me, 'flows:read')).data ?? [];
  const options = destinations(props.seats, t('nowhere'), flows, t('flow_unpublished'));
  const now = destinationOf(number);
  const sent = change.variables;
  const shown = change.isPending ? (sent?.flow ?? sent?.destination_seat ?? NOWHERE) : now;
  const send = (choice: string) => change.mutateAsync({ id: number.id, ...choiceOf(choice, flows) });
  const other = t(number.flow ? 'a_flow' : 'a_seat');
  if (!can(me, 'numbers:write'))
    return <span className="text-ink-2">{options.find((one) => one.value === now)?.label ?? other}</span>;
  return (
    <Select
      {...(props.id ? { id: props.id } : {})}
      label={t('routes_to_of', { number: phone(number.e164) })}
      size={props.size ?? 'md'}
      {...(props.className ? { className: props.className } : {})}
      options={options.some((one) => one.value === now) ? options : [...options, { value: now, label: other }]}
      value={shown}
      onChange={(choice) => {
        if (choice === now) return;
        void send(choice)
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
