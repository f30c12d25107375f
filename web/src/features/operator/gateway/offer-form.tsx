import { useTranslation } from 'react-i18next';
import type { GatewayPort, Schemas } from '../../../api/types';
import { useProblemText } from '../../../i18n/problems';
import { Field } from '../../../ui/field';
import { Select } from '../../../ui/select';
import { Note } from '../../../ui/state';
import { useChangePort } from '../queries';

const RENTALS: Schemas['Rental'][] = ['exclusive', 'shared', 'not_for_rent'];

/** How a gateway port is offered to companies. */
export function OfferForm({ port }: { port: GatewayPort }) {
  const { t } = useTranslation('operator');
  const say = useProblemText();
  const change = useChangePort();
  return (
    <div className="flex flex-col gap-2">
      <Field label={t('offer.title')} hint={t(`offer.note.${port.rental}`)}>
        {(wiring) => (
          <Select
            {...wiring}
            size="sm"
            value={change.isPending ? (change.variables.rental ?? port.rental) : port.rental}
            onChange={(rental) => change.mutate({ id: port.id, rental })}
            options={RENTALS.map((value) => ({ value, label: t(`offer.${value}`) }))}
          />
        )}
      </Field>
      {change.isError && <Note tone="bad" title={say(change.error)} />}
    </div>
  );
}
