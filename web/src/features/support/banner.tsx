import { LifeBuoy } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { session } from '../../api/session';
import type { Me } from '../../api/types';
import { useNow } from '../../hooks';
import { clock } from '../../i18n/format';
import { Button } from '../../ui/button';

/** Over every page of a company while an operator is in it in somebody's place. */
export function SupportBanner({ me }: { me: Me }) {
  const { t } = useTranslation();
  const now = useNow();
  const [leaving, setLeaving] = useState(false);
  if (!me.support) return null;
  const left = Math.max(0, new Date(me.support.ends_at).getTime() - now);
  return (
    <section
      aria-label={t('support.label')}
      className="flex shrink-0 flex-wrap items-center gap-x-4 gap-y-1 border-b border-warn bg-warn-bg px-6 py-2 text-13 max-md:px-4"
    >
      <LifeBuoy aria-hidden className="size-4 shrink-0 text-warn" />
      <p className="min-w-0 grow">
        <span className="font-semibold">{t('support.who', { company: me.company.name, name: me.user.name })}</span>{' '}
        <span className="text-ink-2">{t('support.why', { reason: me.support.reason })}</span>
      </p>
      <span className="num">{t('support.left', { time: clock(left) })}</span>
      <Button
        size="xs"
        busy={leaving}
        onClick={() => {
          setLeaving(true);
          void session.signOut();
        }}
      >
        {t('support.end')}
      </Button>
    </section>
  );
}
