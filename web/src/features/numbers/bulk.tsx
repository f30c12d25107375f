import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { NumberRow, Seat } from '../../api/types';
import { phone } from '../../i18n/format';
import { Button } from '../../ui/button';
import { TextField } from '../../ui/field';
import { Menu, MenuItem, MenuLine } from '../../ui/menu';
import { Confirm, Dialog } from '../../ui/overlay';
import { BulkBar, useBulk } from '../views/bulk';
import { useChangeNumber, useReleaseNumber } from './queries';
import { seatName } from './words';

/** Where calls go, the label, or giving back, for all numbers that are ticked. */
export function NumbersBulk(props: { rows: readonly NumberRow[]; seats: readonly Seat[]; onClear: () => void }) {
  const { t } = useTranslation('numbers');
  const change = useChangeNumber();
  const release = useReleaseNumber();
  const { run, refused, forget } = useBulk<NumberRow>((row) => phone(row.e164));
  const [step, setStep] = useState<'label' | 'release' | null>(null);
  const [label, setLabel] = useState('');
  const { rows } = props;
  const all = (deed: (row: NumberRow) => Promise<unknown>) => {
    setStep(null);
    run.mutate({ rows, deed }, { onSuccess: ({ failed }) => failed.length === 0 && props.onClear() });
  };
  return (
    <>
      <BulkBar
        count={rows.length}
        busy={run.isPending}
        refused={refused}
        onClear={() => {
          forget();
          props.onClear();
        }}
      >
        <Menu
          align="start"
          trigger={
            <Button size="sm" busy={run.isPending}>
              {t('bulk.route')}
            </Button>
          }
        >
          {props.seats
            .filter((seat) => seat.state === 'active')
            .map((seat) => (
              <MenuItem
                key={seat.id}
                onSelect={() =>
                  all((row) => change.mutateAsync({ id: row.id, destination_kind: 'seat', destination_seat: seat.id }))
                }
              >
                {seatName(seat)}
              </MenuItem>
            ))}
          <MenuLine />
          <MenuItem onSelect={() => all((row) => change.mutateAsync({ id: row.id, destination_kind: 'nowhere' }))}>
            {t('nowhere')}
          </MenuItem>
        </Menu>
        <Button size="sm" busy={run.isPending} onClick={() => setStep('label')}>
          {t('bulk.label')}
        </Button>
        <Button size="sm" look="danger" busy={run.isPending} onClick={() => setStep('release')}>
          {t('bulk.release')}
        </Button>
      </BulkBar>
      <Dialog
        open={step === 'label'}
        onClose={() => setStep(null)}
        title={t('bulk.label_title', { count: rows.length })}
      >
        <form
          noValidate
          className="flex flex-col gap-4"
          onSubmit={(event) => {
            event.preventDefault();
            all((row) => change.mutateAsync({ id: row.id, label: label.trim() }));
          }}
        >
          <TextField
            label={t('bulk.label')}
            value={label}
            maxLength={80}
            autoComplete="off"
            onChange={(event) => setLabel(event.target.value)}
          />
          <Button type="submit" look="primary" className="self-start">
            {t('common:save')}
          </Button>
        </form>
      </Dialog>
      <Confirm
        open={step === 'release'}
        onClose={() => setStep(null)}
        title={t('bulk.release_title', { count: rows.length })}
        action={t('bulk.release')}
        busy={run.isPending}
        typed={{ word: String(rows.length), label: t('bulk.release_type', { count: rows.length }) }}
        error={null}
        onConfirm={() => all((row) => release.mutateAsync(row.id))}
      >
        {t('release.text')}
      </Confirm>
    </>
  );
}
