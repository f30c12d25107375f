import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Member } from '../../api/types';
import { useProblemText } from '../../i18n/problems';
import { Confirm } from '../../ui/overlay';
import { toast } from '../../ui/toast';
import { useChangeMember } from './queries';

/** Asks before somebody is locked out, and whether their seat stays theirs. */
export function SuspendMember({ member, onClose }: { member: Member; onClose: () => void }) {
  const { t } = useTranslation('team');
  const say = useProblemText();
  const change = useChangeMember();
  const [free, setFree] = useState(false);
  return (
    <Confirm
      open
      onClose={onClose}
      title={t('leaving.lock_title', { name: member.name })}
      action={t('people.suspend')}
      busy={change.isPending}
      error={change.isError ? say(change.error) : null}
      onConfirm={() =>
        change.mutate(
          { id: member.id, state: 'suspended', free_seat: free },
          {
            onSuccess: () => {
              toast(t('leaving.locked', { name: member.name }));
              onClose();
            },
          },
        )
      }
    >
      <div className="flex flex-col gap-3">
        <p>{t('leaving.lock_text')}</p>
        {member.seat && (
          <label className="flex items-center gap-2.5 text-13 text-ink">
            <input type="checkbox" className="tick" checked={free} onChange={() => setFree(!free)} />
            {t('leaving.free_seat', { extension: member.seat.extension })}
          </label>
        )}
      </div>
    </Confirm>
  );
}
