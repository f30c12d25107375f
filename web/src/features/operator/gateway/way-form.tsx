/** Which gateway port is tried first and how much of it calls out may take. */
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { GatewayPort } from '../../../api/types';
import { useProblemText } from '../../../i18n/problems';
import { Button } from '../../../ui/button';
import { TextField } from '../../../ui/field';
import { Note } from '../../../ui/state';
import { toast } from '../../../ui/toast';
import { useChangePort } from '../queries';
import { costMicros, costText } from './rules';

export function WayForm({ port }: { port: GatewayPort }) {
  const { t } = useTranslation('operator');
  const say = useProblemText();
  const change = useChangePort();
  const [priority, setPriority] = useState(String(port.priority));
  const [weight, setWeight] = useState(String(port.weight));
  const [cost, setCost] = useState(costText(port.cost));
  const [reserve, setReserve] = useState(String(port.inbound_reserve));
  const price = costMicros(cost);
  const small = (label: string, value: string, set: (text: string) => void, hint: string) => (
    <TextField
      label={label}
      hint={hint}
      inputMode="decimal"
      value={value}
      onChange={(event) => set(event.target.value)}
      className="num h-8 text-13"
    />
  );
  return (
    <form
      aria-label={t('way.title')}
      className="flex flex-col gap-3"
      onSubmit={(event) => {
        event.preventDefault();
        change.mutate(
          {
            id: port.id,
            priority: Number(priority),
            weight: Number(weight),
            inbound_reserve: Number(reserve),
            ...(price === null ? {} : { cost_micros: price }),
          },
          { onSuccess: () => toast(t('common:saved')) },
        );
      }}
    >
      <h3 className="text-13 font-semibold">{t('way.title')}</h3>
      <div className="grid grid-cols-2 gap-3">
        {small(t('way.priority'), priority, setPriority, t('way.priority_help'))}
        {small(t('way.weight'), weight, setWeight, t('way.weight_help'))}
        {small(t('way.cost', { currency: port.monthly.currency }), cost, setCost, t('way.cost_help'))}
        {port.channels > 1 && small(t('way.reserve'), reserve, setReserve, t('way.reserve_help'))}
      </div>
      {change.isError && <Note tone="bad" title={say(change.error)} />}
      <Button
        type="submit"
        size="sm"
        className="self-start"
        busy={change.isPending}
        reason={price === null && t('way.cost_bad')}
      >
        {t('common:save')}
      </Button>
    </form>
  );
}
