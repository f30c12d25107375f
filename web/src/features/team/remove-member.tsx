import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, ok } from '../../api/client';
import type { Member } from '../../api/types';
import { useProblemText } from '../../i18n/problems';
import { Field } from '../../ui/field';
import { Confirm } from '../../ui/overlay';
import { Select } from '../../ui/select';
import { toast } from '../../ui/toast';
import { useMembers, useRemoveMember } from './queries';

const NOBODY = 'nobody';

/** Asks before somebody is removed, and who gets what was theirs. */
export function RemoveMember({ member, onClose }: { member: Member; onClose: () => void }) {
  const { t } = useTranslation('team');
  const say = useProblemText();
  const remove = useRemoveMember();
  const members = useMembers();
  const [heir, setHeir] = useState(NOBODY);
  const left = useQuery({
    queryKey: ['belongings', member.id],
    // Who is being removed, or is gone, has nothing to ask for.
    enabled: remove.isIdle || remove.isError,
    queryFn: () => ok(api.GET('/v1/members/{id}/belongings', { params: { path: { id: member.id } } })),
  });
  const things = left.data
    ? [
        left.data.seat && t('leaving.seat', { extension: left.data.seat.extension }),
        left.data.api_keys > 0 && t('leaving.keys', { count: left.data.api_keys }),
        left.data.seat_tokens > 0 && t('leaving.tokens', { count: left.data.seat_tokens }),
      ].filter(Boolean)
    : [];
  const others = (members.data ?? []).filter((one) => one.id !== member.id && one.state === 'active');
  return (
    <Confirm
      open
      onClose={onClose}
      title={t('people.remove_title', { name: member.name })}
      action={t('people.remove')}
      busy={remove.isPending}
      error={remove.isError ? say(remove.error) : null}
      onConfirm={() =>
        remove.mutate(
          { id: member.id, ...(heir === NOBODY ? {} : { heir }) },
          {
            onSuccess: () => {
              toast(t('people.removed', { name: member.name }));
              onClose();
            },
          },
        )
      }
    >
      <div className="flex flex-col gap-3">
        <p>{t('people.remove_text')}</p>
        {things.length > 0 && (
          <Field label={t('leaving.heir', { things: things.join(', ') })} hint={t('leaving.heir_hint')}>
            {(wiring) => (
              <Select
                {...wiring}
                value={heir}
                onChange={setHeir}
                options={[
                  { value: NOBODY, label: t('leaving.nobody') },
                  ...others.map((one) => ({ value: one.id, label: one.name })),
                ]}
              />
            )}
          </Field>
        )}
      </div>
    </Confirm>
  );
}
