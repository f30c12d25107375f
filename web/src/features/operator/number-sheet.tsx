/** One number of the stock: what may become of it by hand, and what became of it. */
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { OperatorNumber } from '../../api/types';
import { dateTime, phone } from '../../i18n/format';
import { useProblemText } from '../../i18n/problems';
import { Button } from '../../ui/button';
import { Field, TextField } from '../../ui/field';
import { Sheet } from '../../ui/overlay';
import { Fact, Facts } from '../../ui/page';
import { Select } from '../../ui/select';
import { Note } from '../../ui/state';
import { toast } from '../../ui/toast';
import { NumberHistory } from '../numbers/history';
import { useChangeStock, useOperatorNumberHistory, useTenants } from './queries';

const NOBODY = 'nobody';

export function StockSheet({ number, onClose }: { number: OperatorNumber | null; onClose: () => void }) {
  return (
    <Sheet open={number !== null} onClose={onClose} title={number ? phone(number.e164) : ''} note={number?.area ?? ''}>
      {number && <StockNumber key={`${number.id} ${number.state}`} number={number} />}
    </Sheet>
  );
}

function StockNumber({ number }: { number: OperatorNumber }) {
  const { t } = useTranslation('operator');
  const say = useProblemText();
  const history = useOperatorNumberHistory(number.id);
  const change = useChangeStock();
  const done = { onSuccess: () => toast(t('numbers.changed', { number: phone(number.e164) })) };
  const move = (state: 'available' | 'reserved') => change.mutate({ id: number.id, state }, done);
  const coming = number.state === 'porting_in';
  const free = number.state === 'available' || number.state === 'reserved' || coming;
  return (
    <div className="flex flex-col gap-5">
      <Facts>
        <Fact name={t('numbers.state_title')}>{t(`number_state.${number.state}`)}</Fact>
        {(number.company ?? number.kept_for) && (
          <Fact name={t('numbers.kept_for')}>{number.company ?? number.kept_for}</Fact>
        )}
        {number.reserved_until && (
          <Fact name={t('number_state.reserved')}>
            {t('numbers.kept_until', { date: dateTime(number.reserved_until) })}
          </Fact>
        )}
      </Facts>
      {change.isError && <Note tone="bad" title={say(change.error)} />}
      <div className="flex flex-wrap gap-2">
        {number.state !== 'available' && (free || number.state === 'quarantined') && (
          <Button size="sm" busy={change.isPending} onClick={() => move('available')}>
            {t('numbers.move.available')}
          </Button>
        )}
        {(number.state === 'available' || coming || number.state === 'quarantined') && (
          <Button
            size="sm"
            look={coming ? 'primary' : 'plain'}
            busy={change.isPending}
            onClick={() => move('reserved')}
          >
            {t(coming && number.kept_for ? 'numbers.move.arrived' : 'numbers.move.reserved')}
          </Button>
        )}
      </div>
      {free && <PortIn number={number} change={change} done={done} />}
      <NumberHistory steps={history.data} error={history.error} onRetry={() => void history.refetch()} />
    </div>
  );
}

function PortIn(props: {
  number: OperatorNumber;
  change: ReturnType<typeof useChangeStock>;
  done: { onSuccess: () => void };
}) {
  const { t } = useTranslation('operator');
  const { number, change, done } = props;
  const tenants = useTenants({});
  const [company, setCompany] = useState(NOBODY);
  const [line, setLine] = useState(number.status_line ?? '');
  const coming = number.state === 'porting_in';
  const companies = tenants.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <form
      className="flex flex-col gap-3"
      onSubmit={(event) => {
        event.preventDefault();
        const moves = coming
          ? {}
          : { state: 'porting_in' as const, ...(company === NOBODY ? {} : { porting_for: company }) };
        change.mutate({ id: number.id, ...moves, status_line: line.trim() }, done);
      }}
    >
      <h3 className="text-13 font-semibold">{t('numbers.port_in.title')}</h3>
      {!coming && (
        <Field label={t('numbers.port_in.company')}>
          {(wiring) => (
            <Select
              {...wiring}
              size="sm"
              value={company}
              onChange={setCompany}
              options={[
                { value: NOBODY, label: t('numbers.port_in.nobody') },
                ...companies.map((one) => ({ value: one.id, label: one.name })),
              ]}
            />
          )}
        </Field>
      )}
      <TextField
        label={t('numbers.port_in.line')}
        hint={t('numbers.port_in.line_help')}
        value={line}
        maxLength={200}
        onChange={(event) => setLine(event.target.value)}
      />
      <Button type="submit" size="sm" busy={change.isPending} className="self-start">
        {t(coming ? 'numbers.port_in.save' : 'numbers.port_in.action')}
      </Button>
    </form>
  );
}
