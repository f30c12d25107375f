import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { NumberRow } from '../../api/types';
import { can } from '../../can';
import { useMe } from '../../hooks';
import { country, date, money, phone } from '../../i18n/format';
import { useProblemText } from '../../i18n/problems';
import { usePrices } from '../../prices';
import { Button } from '../../ui/button';
import { CopyField } from '../../ui/copy-field';
import { Field, TextField } from '../../ui/field';
import { Sheet } from '../../ui/overlay';
import { Fact, Facts } from '../../ui/page';
import { Note } from '../../ui/state';
import { toast } from '../../ui/toast';
import { useSeats } from '../team/queries';
import { DestinationSelect } from './destination';
import { NumberHistory } from './history';
import { useChangeNumber, useNumberHistory } from './queries';
import { portOf } from './words';

/** One number: its name, where it leads, and what it is. */
export function NumberSheet(props: {
  number: NumberRow | null;
  onClose: () => void;
  onRelease: (number: NumberRow) => void;
}) {
  const { t } = useTranslation('numbers');
  const prices = usePrices();
  const say = useProblemText();
  const me = useMe();
  const seats = useSeats();
  const change = useChangeNumber();
  const { number } = props;
  const [label, setLabel] = useState('');
  useEffect(() => setLabel(number?.label ?? ''), [number?.label]);
  const writes = can(me, 'numbers:write');
  return (
    <Sheet
      open={number !== null}
      onClose={props.onClose}
      title={number ? phone(number.e164) : ''}
      note={number?.label}
      foot={
        writes &&
        number && (
          <Button look="danger" onClick={() => props.onRelease(number)}>
            {t('release.menu')}
          </Button>
        )
      }
    >
      {number && (
        <div className="flex flex-col gap-5">
          <form
            className="flex items-end gap-2"
            onSubmit={(event) => {
              event.preventDefault();
              change.mutate({ id: number.id, label: label.trim() }, { onSuccess: () => toast(t('common:saved')) });
            }}
          >
            <TextField
              label={t('label')}
              value={label}
              maxLength={60}
              readOnly={!writes}
              onChange={(event) => setLabel(event.target.value)}
              fieldClass="grow"
            />
            {writes && label.trim() !== number.label && (
              <Button type="submit" look="primary" busy={change.isPending}>
                {t('common:save')}
              </Button>
            )}
          </form>
          {change.isError && <Note tone="bad" title={say(change.error)} />}
          <Field label={t('columns.routes_to')}>
            {({ id }) => <DestinationSelect id={id} number={number} seats={seats.data ?? []} />}
          </Field>
          <label className="flex items-start gap-2.5 text-14">
            <input
              type="checkbox"
              className="mt-1 size-4 accent-(--brand)"
              checked={number.shown_by_default}
              disabled={!writes || change.isPending}
              onChange={(event) => change.mutate({ id: number.id, shown_by_default: event.target.checked })}
            />
            <span>
              {t('default.label')}
              <span className="block text-12 text-ink-3">{t('default.note')}</span>
            </span>
          </label>
          <CopyField label={t('international')} value={number.e164} />
          <Facts>
            <Fact name={t('columns.kind')}>{t(`kind.${number.kind}`)}</Fact>
            <Fact name={t('place')}>{[number.area, country(number.country)].filter(Boolean).join(', ')}</Fact>
            <Fact name={t('columns.gateway_port')}>{portOf(number)}</Fact>
            {prices && <Fact name={t('columns.monthly')}>{money(number.monthly)}</Fact>}
            <Fact name={t('yours_since')}>{date(number.claimed_at)}</Fact>
          </Facts>
          <History id={number.id} />
        </div>
      )}
    </Sheet>
  );
}

function History({ id }: { id: string }) {
  const history = useNumberHistory(id);
  return <NumberHistory steps={history.data} error={history.error} onRetry={() => void history.refetch()} />;
}
