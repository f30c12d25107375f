import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { ApiKey, ApiKeyShown } from '../../api/types';
import { useMe, useNow } from '../../hooks';
import { ago, date } from '../../i18n/format';
import { useProblemText } from '../../i18n/problems';
import { Button } from '../../ui/button';
import { Select } from '../../ui/select';
import { Note } from '../../ui/state';
import { toast } from '../../ui/toast';
import { useEndOldSecret, useRotateKey } from './queries';

/** Seconds that the old secret works on. */
const OVERLAPS = ['0', '3600', '86400', '604800'] as const;

/** The secrets of a key, and how one replaces the other without a gap. */
export function Rotation({ of, onSecret }: { of: ApiKey; onSecret: (shown: ApiKeyShown) => void }) {
  const { t } = useTranslation('api-keys');
  const say = useProblemText();
  const me = useMe();
  const now = useNow(30_000);
  const rotate = useRotateKey();
  const end = useEndOldSecret();
  const [overlap, setOverlap] = useState<(typeof OVERLAPS)[number]>('86400');
  const failed = rotate.error ?? end.error;
  const replaced = of.secrets.length > 1;
  return (
    <section aria-labelledby="key-secrets" className="flex flex-col gap-2">
      <h3 id="key-secrets" className="text-13 font-semibold">
        {t('rotation.title')}
      </h3>
      <ul className="rounded-lg border border-line">
        {of.secrets.map((secret) => (
          <li
            key={secret.prefix}
            className="flex min-h-14 items-center gap-3 border-line px-3 py-2 text-13 not-first:border-t"
          >
            <div className="min-w-0 grow">
              <code className="block truncate">{secret.prefix}…</code>
              <span className="text-12 text-ink-3">
                {secret.last_used_at ? t('rotation.used', { ago: ago(secret.last_used_at, now) }) : t('unused')}
              </span>
            </div>
            {secret.ends_at ? (
              <>
                <span className="text-12 whitespace-nowrap text-warn">
                  {t('rotation.ends', { ago: ago(secret.ends_at, now) })}
                </span>
                <Button
                  size="xs"
                  look="quiet"
                  busy={end.isPending}
                  onClick={() => end.mutate(of.id, { onSuccess: () => toast(t('rotation.ended')) })}
                >
                  {t('rotation.end')}
                </Button>
              </>
            ) : (
              <span className="text-12 whitespace-nowrap text-ink-3">{date(secret.created_at)}</span>
            )}
          </li>
        ))}
      </ul>
      {of.created_by_user === me.user.id ? (
        !replaced && (
          <div className="flex flex-wrap items-center gap-2">
            <span className="text-13 text-ink-2">{t('rotation.overlap')}</span>
            <Select
              size="sm"
              className="w-36"
              label={t('rotation.overlap')}
              value={overlap}
              onChange={setOverlap}
              options={OVERLAPS.map((value) => ({ value, label: t(`rotation.for.${value}`) }))}
            />
            <Button
              size="sm"
              busy={rotate.isPending}
              onClick={() =>
                rotate.mutate(
                  { id: of.id, old_works_for_s: Number(overlap), key: crypto.randomUUID() },
                  { onSuccess: onSecret },
                )
              }
            >
              {t('rotation.rotate')}
            </Button>
          </div>
        )
      ) : (
        <p className="text-12 text-ink-3">{t('rotation.by_owner', { name: of.created_by })}</p>
      )}
      {failed && <Note tone="bad" title={say(failed)} />}
    </section>
  );
}
