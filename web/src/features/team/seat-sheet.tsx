import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { DeviceCredentials, Seat } from '../../api/types';
import { can } from '../../can';
import { useMe } from '../../hooks';
import { useProblemText } from '../../i18n/problems';
import { Button } from '../../ui/button';
import { Field } from '../../ui/field';
import { Confirm, Sheet } from '../../ui/overlay';
import { Select } from '../../ui/select';
import { Note } from '../../ui/state';
import { toast } from '../../ui/toast';
import { CredentialsDialog } from './credentials';
import { DisplayedNumbers } from './displayed-numbers';
import { useChangeSeat, useMembers, useReleaseSeat } from './queries';
import { SeatDevices } from './seat-devices';
import { SeatTokens } from './seat-tokens';

const NOBODY = 'nobody';

/** One seat: who sits on it, its phones, and the numbers it may show. */
export function SeatSheet({ seat, onClose }: { seat: Seat | null; onClose: () => void }) {
  const { t } = useTranslation('team');
  const say = useProblemText();
  const me = useMe();
  const release = useReleaseSeat();
  const [leaving, setLeaving] = useState(false);
  const [secrets, setSecrets] = useState<DeviceCredentials | null>(null);
  const writes = can(me, 'seats:write');
  return (
    <>
      <Sheet
        open={seat !== null}
        onClose={onClose}
        title={t('seats.title', { extension: seat?.extension })}
        note={seat?.member_name ?? seat?.label}
        foot={
          writes && (
            <Button look="danger" onClick={() => setLeaving(true)}>
              {t('seats.release')}
            </Button>
          )
        }
      >
        {seat && (
          <div className="flex flex-col gap-6">
            {writes && <SeatPerson seat={seat} />}
            <SeatDevices seat={seat} writes={writes} onSecrets={setSecrets} />
            <DisplayedNumbers seat={seat} writes={writes} />
            {writes && <SeatNotice seat={seat} />}
            {can(me, 'seat_tokens:read') && <SeatTokens key={seat.id} seat={seat} />}
          </div>
        )}
      </Sheet>
      <CredentialsDialog credentials={secrets} onClose={() => setSecrets(null)} />
      <Confirm
        open={leaving && seat !== null}
        onClose={() => setLeaving(false)}
        title={t('seats.release_title', { extension: seat?.extension })}
        action={t('seats.release')}
        busy={release.isPending}
        error={release.isError ? say(release.error) : null}
        onConfirm={() =>
          seat &&
          release.mutate(seat.id, {
            onSuccess: () => {
              toast(t('seats.released', { extension: seat.extension }));
              setLeaving(false);
              onClose();
            },
          })
        }
      >
        {t('seats.release_text')}
      </Confirm>
    </>
  );
}

const NOTICES = ['link', 'notice', 'off'] as const;

/** How the seat's person is told of messages. */
function SeatNotice({ seat }: { seat: Seat }) {
  const { t } = useTranslation('team');
  const say = useProblemText();
  const change = useChangeSeat();
  return (
    <div className="flex flex-col gap-2">
      <Field label={t('seats.notice')} hint={t('seats.notice_hint')}>
        {(wiring) => (
          <Select
            {...wiring}
            value={seat.voicemail_notice}
            onChange={(how) => change.mutate({ id: seat.id, voicemail_notice: how })}
            options={NOTICES.map((value) => ({ value, label: t(`seats.notices.${value}`) }))}
          />
        )}
      </Field>
      {change.isError && <Note tone="bad" title={say(change.error)} />}
    </div>
  );
}

function SeatPerson({ seat }: { seat: Seat }) {
  const { t } = useTranslation('team');
  const say = useProblemText();
  const members = useMembers();
  const change = useChangeSeat();
  const choices = (members.data ?? []).filter((one) => one.id === seat.member || (!one.seat && one.state === 'active'));
  return (
    <div className="flex flex-col gap-2">
      <Field label={t('seats.person')} hint={t('seats.person_hint')}>
        {(wiring) => (
          <Select
            {...wiring}
            value={seat.member ?? NOBODY}
            onChange={(member) =>
              change.mutate(member === NOBODY ? { id: seat.id, unassign: true } : { id: seat.id, member })
            }
            options={[
              { value: NOBODY, label: t('seats.nobody') },
              ...choices.map((one) => ({ value: one.id, label: one.name })),
            ]}
          />
        )}
      </Field>
      {change.isError && <Note tone="bad" title={say(change.error)} />}
    </div>
  );
}
