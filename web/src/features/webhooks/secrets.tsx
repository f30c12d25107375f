import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Webhook, WebhookShown } from '../../api/types';
import { useNow } from '../../hooks';
import { ago, date } from '../../i18n/format';
import { useProblemText } from '../../i18n/problems';
import { Button } from '../../ui/button';
import { Card } from '../../ui/page';
import { Select } from '../../ui/select';
import { Note } from '../../ui/state';
import { useRotateWebhook } from './queries';

/** Seconds that the old secret signs beside the new one. */
const OVERLAPS = ['0', '3600', '86400', '604800'] as const;

/** The secrets of an endpoint, and how one replaces the other without a gap. */
export function Secrets(props: { of: Webhook; writes: boolean; onSecret: (shown: WebhookShown) => void }) {
  const { t } = useTranslation('webhooks');
  const say = useProblemText();
  const now = useNow(30_000);
  const rotate = useRotateWebhook();
  const [overlap, setOverlap] = useState<(typeof OVERLAPS)[number]>('86400');
  const { of } = props;
  return (
    <Card title={t('secrets.title')} note={t('secrets.note')}>
      <ul>
        {of.secrets.map((secret) => (
          <li
            key={secret.created_at}
            className="flex min-h-11 items-center gap-3 border-line px-4 text-13 not-first:border-t"
          >
            <span className="grow">
              <code>whsec_…</code> <span className="text-ink-3">{date(secret.created_at)}</span>
            </span>
            {secret.ends_at && (
              <span className="text-12 text-warn">{t('secrets.ends', { ago: ago(secret.ends_at, now) })}</span>
            )}
          </li>
        ))}
      </ul>
      {props.writes && (
        <div className="flex flex-wrap items-center gap-2 border-t border-line p-4">
          <span className="text-13 text-ink-2">{t('secrets.overlap')}</span>
          <Select
            size="sm"
            className="w-auto"
            label={t('secrets.overlap')}
            value={overlap}
            onChange={setOverlap}
            options={OVERLAPS.map((value) => ({ value, label: t(`secrets.for.${value}`) }))}
          />
          <Button
            size="sm"
            busy={rotate.isPending}
            onClick={() =>
              rotate.mutate(
                { id: of.id, key: crypto.randomUUID(), old_works_for_s: Number(overlap) },
                { onSuccess: props.onSecret },
              )
            }
          >
            {t('secrets.rotate')}
          </Button>
          {rotate.isError && <Note tone="bad" title={say(rotate.error)} />}
        </div>
      )}
    </Card>
  );
}
