/** How an endpoint and a delivery stand, in a word. */
import { useTranslation } from 'react-i18next';
import type { Webhook, WebhookDelivery } from '../../api/types';
import { StatusDot, type Tone } from '../../ui/badge';

/** `failing` is no state of its own: the endpoint is served, and takes nothing. */
export function standing(of: Pick<Webhook, 'state' | 'failing_since'>): 'active' | 'failing' | 'paused' | 'off' {
  return of.state === 'active' && of.failing_since ? 'failing' : of.state;
}

const TONES: Record<ReturnType<typeof standing>, Tone> = { active: 'ok', failing: 'warn', paused: 'plain', off: 'bad' };

export function WebhookState({ of }: { of: Webhook }) {
  const { t } = useTranslation('webhooks');
  const state = standing(of);
  return <StatusDot tone={TONES[state]}>{t(`state.${state}`)}</StatusDot>;
}

const DELIVERY: Record<WebhookDelivery['state'], Tone> = { taken: 'ok', failing: 'warn', set_aside: 'bad' };

export function DeliveryState({ of }: { of: Pick<WebhookDelivery, 'state'> }) {
  const { t } = useTranslation('webhooks');
  return <StatusDot tone={DELIVERY[of.state]}>{t(`delivery.state.${of.state}`)}</StatusDot>;
}

/** What came back last: a status, or why nothing did. */
export function Answer({ of }: { of: Pick<WebhookDelivery, 'last_status' | 'last_error'> }) {
  if (of.last_status) return <code>{of.last_status}</code>;
  return (
    <span className="block max-w-64 truncate text-ink-2" title={of.last_error ?? undefined}>
      {of.last_error}
    </span>
  );
}
