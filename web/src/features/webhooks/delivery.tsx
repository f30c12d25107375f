import { ChevronRight } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import type { Schemas, Webhook } from '../../api/types';
import { dateTime } from '../../i18n/format';
import { useProblemText } from '../../i18n/problems';
import { Button } from '../../ui/button';
import { Dialog } from '../../ui/overlay';
import { Fact, Facts } from '../../ui/page';
import { ErrorState, Skeleton } from '../../ui/state';
import { toast } from '../../ui/toast';
import { Code } from '../reference/code';
import { useDelivery, useReplay } from './queries';
import { DeliveryState } from './state';

/** One delivery: the request, and every answer to it. */
export function DeliveryDialog(props: { id: string | null; of: Webhook; writes: boolean; onClose: () => void }) {
  const { t } = useTranslation('webhooks');
  const say = useProblemText();
  const found = useDelivery(props.id);
  const replay = useReplay();
  const of = found.data;
  const again = () =>
    of &&
    replay.mutate(
      { id: props.of.id, event: of.delivery.event },
      {
        onSuccess: () => {
          toast(t('delivery.sent_again'));
          props.onClose();
        },
        onError: (error) => toast(say(error)),
      },
    );
  return (
    <Dialog
      open={props.id !== null}
      onClose={props.onClose}
      title={of?.delivery.kind ?? t('deliveries')}
      note={of && <code>{of.delivery.event}</code>}
      wide
      foot={
        props.writes && (
          <Button busy={replay.isPending} reason={props.of.state !== 'active' && t('not_served')} onClick={again}>
            {t('delivery.send_again')}
          </Button>
        )
      }
    >
      {found.error && !of ? (
        <ErrorState error={found.error} onRetry={() => void found.refetch()} />
      ) : !of ? (
        <Skeleton className="h-40 w-full" />
      ) : (
        <div className="flex flex-col gap-4">
          <Facts>
            <Fact name={t('column.state')}>
              <DeliveryState of={of.delivery} />
            </Fact>
            <Fact name={t('delivery.attempts')}>{of.delivery.attempts}</Fact>
          </Facts>
          <Code label={t('delivery.sent')}>{pretty(of.body)}</Code>
          {of.attempts.map((attempt) => (
            <Attempt key={attempt.number} of={attempt} open={attempt.number === of.delivery.attempts} />
          ))}
        </div>
      )}
    </Dialog>
  );
}

function Attempt({ of, open }: { of: Schemas['WebhookAttempt']; open: boolean }) {
  const { t } = useTranslation('webhooks');
  const lines = (headers: Schemas['HttpHeader'][]) => headers.map((one) => `${one.name}: ${one.value}`).join('\n');
  return (
    <details open={open} className="group rounded-lg border border-line">
      <summary className="flex min-h-11 cursor-pointer list-none flex-wrap items-center gap-x-3 px-3 text-13">
        <ChevronRight aria-hidden className="size-4 shrink-0 text-ink-3 transition-transform group-open:rotate-90" />
        <span className="font-medium">{t('delivery.attempt', { n: of.number })}</span>
        <span className="text-ink-3">{dateTime(of.at)}</span>
        <span className="ml-auto tabular-nums">{of.status ?? t('delivery.no_answer')}</span>
        <span className="text-ink-3 tabular-nums">{t('delivery.took', { ms: of.took_ms })}</span>
      </summary>
      <div className="flex flex-col gap-3 border-t border-line p-3">
        {of.error && <p className="text-13 text-bad">{of.error}</p>}
        <Code label={t('delivery.request_headers')}>{lines(of.request_headers)}</Code>
        {of.status && (
          <Code label={t('delivery.response')}>
            {`HTTP ${of.status}\n${lines(of.response_headers)}\n\n${of.response_body}`.trimEnd()}
          </Code>
        )}
      </div>
    </details>
  );
}

/** JSON with line breaks; what is none, as it is. */
export function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
