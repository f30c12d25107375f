import { Monitor, Phone, Plus } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Device, DeviceCredentials, Seat } from '../../api/types';
import { useNow } from '../../hooks';
import { ago } from '../../i18n/format';
import { useProblemText } from '../../i18n/problems';
import { StatusDot } from '../../ui/badge';
import { Button } from '../../ui/button';
import { Input } from '../../ui/field';
import { MenuItem, MoreMenu } from '../../ui/menu';
import { Note } from '../../ui/state';
import { toast } from '../../ui/toast';
import { useAddDevice, useNewCredentials, useRemoveDevice } from './queries';

type Props = { seat: Seat; writes: boolean; onSecrets: (credentials: DeviceCredentials) => void };

/** The phones of a seat; all of them ring together. */
export function SeatDevices({ seat, writes, onSecrets }: Props) {
  const { t } = useTranslation('team');
  const say = useProblemText();
  const fresh = useNewCredentials();
  const remove = useRemoveDevice();
  const failed = fresh.error ?? remove.error;
  return (
    <section aria-labelledby="seat-devices" className="flex flex-col gap-2">
      <h3 id="seat-devices" className="text-13 font-semibold">
        {t('seats.devices')}
      </h3>
      <ul className="rounded-lg border border-line">
        {seat.devices.map((device) => (
          <DeviceRow
            key={device.id}
            device={device}
            deeds={
              writes &&
              device.kind === 'sip_phone' && (
                <MoreMenu label={t('device.more_of', { label: device.label })}>
                  <MenuItem onSelect={() => fresh.mutate(device.id, { onSuccess: onSecrets })}>
                    {t('device.new_password')}
                  </MenuItem>
                  <MenuItem
                    danger
                    onSelect={() =>
                      remove.mutate(device.id, {
                        onSuccess: () => toast(t('device.removed', { label: device.label })),
                      })
                    }
                  >
                    {t('device.remove')}
                  </MenuItem>
                </MoreMenu>
              )
            }
          />
        ))}
      </ul>
      {failed && <Note tone="bad" title={say(failed)} />}
      {writes && <AddDevice seat={seat} onSecrets={onSecrets} />}
    </section>
  );
}

function DeviceRow({ device, deeds }: { device: Device; deeds: React.ReactNode }) {
  const { t } = useTranslation('team');
  const now = useNow(30_000);
  const Icon = device.kind === 'browser' ? Monitor : Phone;
  return (
    <li className="flex min-h-14 items-center gap-3 border-line px-3 py-2 not-first:border-t">
      <Icon aria-hidden className="size-4 shrink-0 text-ink-3" />
      <div className="min-w-0 grow">
        <p className="truncate text-13 font-medium">{device.label || t(`device.${device.kind}`)}</p>
        <p className="truncate text-12 text-ink-3">
          {[device.user_agent, device.last_seen_at && ago(device.last_seen_at, now)].filter(Boolean).join(' · ') ||
            t('device.never')}
        </p>
      </div>
      <StatusDot tone={device.contacts > 0 ? 'ok' : 'line'} className="text-13">
        {device.contacts > 0 ? t('device.registered') : t('device.away')}
      </StatusDot>
      {deeds}
    </li>
  );
}

function AddDevice({ seat, onSecrets }: { seat: Seat; onSecrets: (credentials: DeviceCredentials) => void }) {
  const { t } = useTranslation('team');
  const say = useProblemText();
  const add = useAddDevice();
  const [label, setLabel] = useState('');
  return (
    <form
      className="flex flex-col gap-2"
      onSubmit={(event) => {
        event.preventDefault();
        if (!label.trim() || add.isPending) return;
        add.mutate(
          { seat: seat.id, label: label.trim(), key: `${seat.id}-${seat.devices.length}-${label.trim()}` },
          {
            onSuccess: (credentials) => {
              setLabel('');
              onSecrets(credentials);
            },
          },
        );
      }}
    >
      <div className="flex gap-2">
        <Input
          aria-label={t('device.label')}
          placeholder={t('device.label')}
          maxLength={60}
          value={label}
          onChange={(event) => setLabel(event.target.value)}
        />
        <Button type="submit" busy={add.isPending} reason={!label.trim() && t('device.label_first')}>
          <Plus aria-hidden className="size-4" />
          {t('device.add')}
        </Button>
      </div>
      <p className="text-12 text-ink-3">{t('device.add_hint')}</p>
      {add.isError && <Note tone="bad" title={say(add.error)} />}
    </form>
  );
}
