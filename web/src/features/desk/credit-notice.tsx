/** Says that the money or a limit of the call that is up runs out, as soon as the server does. */
import { Link } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { live } from '../../api/live';
import { can } from '../../can';
import { useMe } from '../../hooks';
import { paths } from '../../paths';
import { Note } from '../../ui/state';

export function CreditNotice({ callRef }: { callRef: string | null }) {
  const { t } = useTranslation('desk');
  const me = useMe();
  const [told, setTold] = useState<{ call: string; seconds: number } | null>(null);
  const seat = me.seat?.id;
  useEffect(
    () =>
      live.onFrame((frame) => {
        if (frame.type !== 'event' || frame.event.kind !== 'call.credit_low') return;
        const { seconds, seat: of } = frame.event.body as { seconds: number; seat?: string | null };
        if (of === seat) setTold({ call: frame.event.entity_id, seconds });
      }),
    [seat],
  );
  if (!told || (callRef !== null && told.call !== callRef)) return null;
  return (
    <Note
      className="m-4"
      tone="warn"
      title={t('credit_low', { count: told.seconds })}
      action={
        can(me, 'billing:read') && (
          <Link to={paths.billing} className="font-medium text-brand hover:underline">
            {t('credit_low_open')}
          </Link>
        )
      }
    >
      {t('credit_low_text')}
    </Note>
  );
}
