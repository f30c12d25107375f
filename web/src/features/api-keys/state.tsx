/** Whether a key works, in a word, and what to know of its end. */
import { useTranslation } from 'react-i18next';
import type { ApiKey } from '../../api/types';
import { useNow } from '../../hooks';
import { ago, date } from '../../i18n/format';
import { StatusDot, type Tone } from '../../ui/badge';
import { nearness } from './scopes';

const TONES: Record<ApiKey['state'], Tone> = { active: 'ok', expired: 'bad', orphaned: 'warn', revoked: 'plain' };

export function KeyState({ of }: { of: ApiKey }) {
  const { t } = useTranslation('api-keys');
  return <StatusDot tone={TONES[of.state]}>{t(`state.${of.state}`)}</StatusDot>;
}

export function KeyEnd({ of }: { of: ApiKey }) {
  const { t } = useTranslation('api-keys');
  const now = useNow(60_000);
  const near = nearness(of.expires_at, now);
  if (!of.expires_at) return <span className="text-ink-3">{t('never')}</span>;
  return (
    <span className={near === 'near' ? 'text-warn' : undefined} title={date(of.expires_at)}>
      {near === 'near' ? ago(of.expires_at, now) : date(of.expires_at)}
    </span>
  );
}

export function LastUse({ of }: { of: ApiKey }) {
  const { t } = useTranslation('api-keys');
  const now = useNow(30_000);
  if (!of.last_used_at) return <span className="text-ink-3">{t('unused')}</span>;
  return <span title={of.last_used_from ?? undefined}>{ago(of.last_used_at, now)}</span>;
}
