import { useNavigate, useParams } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Webhook, WebhookShown } from '../../api/types';
import { can } from '../../can';
import { useMe, useNow } from '../../hooks';
import { ago, count, dateTime } from '../../i18n/format';
import { useProblemText } from '../../i18n/problems';
import { paths } from '../../paths';
import { Button } from '../../ui/button';
import { Confirm, Sheet } from '../../ui/overlay';
import { Card, Fact, Facts, Page } from '../../ui/page';
import { ErrorState, Note, PageSkeleton } from '../../ui/state';
import { toast } from '../../ui/toast';
import { Deliveries } from './deliveries';
import { WebhookForm } from './form';
import { ToWebhooks } from './page';
import { useChangeWebhook, useRemoveWebhook, useTestWebhook, useWebhook } from './queries';
import { SecretDialog } from './secret-dialog';
import { Secrets } from './secrets';
import { standing, WebhookState } from './state';

/** One endpoint: how it stands, its secrets, and what was sent to it. */
export function WebhookPage() {
  const { t } = useTranslation('webhooks');
  const { id } = useParams({ strict: false }) as { id: string };
  const me = useMe();
  const found = useWebhook(id);
  const [changing, setChanging] = useState(false);
  const [shown, setShown] = useState<WebhookShown | null>(null);
  const of = found.data;
  if (!of && found.error)
    return (
      <Page title={t('one')} crumbs={[<ToWebhooks key="all" />]}>
        <ErrorState error={found.error} onRetry={() => void found.refetch()} />
      </Page>
    );
  if (!of) return <PageSkeleton />;
  const writes = can(me, 'webhooks:write');
  return (
    <Page
      title={of.label}
      crumbs={[<ToWebhooks key="all" />]}
      beside={<WebhookState of={of} />}
      actions={writes && <Deeds of={of} onChange={() => setChanging(true)} />}
    >
      <div className="flex flex-col gap-6">
        <Trouble of={of} writes={writes} />
        <div className="grid gap-6 lg:grid-cols-2">
          <Standing of={of} />
          <Secrets of={of} writes={writes} onSecret={setShown} />
        </div>
        <Deliveries of={of} writes={writes} />
      </div>
      <Sheet open={changing} onClose={() => setChanging(false)} title={t('change')} note={of.label}>
        <WebhookForm
          of={of}
          onSaved={() => {
            setChanging(false);
            toast(t('common:saved'));
          }}
        />
      </Sheet>
      <SecretDialog made={shown} onClose={() => setShown(null)} />
    </Page>
  );
}

function Deeds({ of, onChange }: { of: Webhook; onChange: () => void }) {
  const { t } = useTranslation('webhooks');
  const say = useProblemText();
  const navigate = useNavigate();
  const test = useTestWebhook();
  const change = useChangeWebhook();
  const remove = useRemoveWebhook();
  const [leaving, setLeaving] = useState(false);
  const told = (error: unknown) => toast(say(error));
  return (
    <>
      <Button
        size="sm"
        busy={test.isPending}
        reason={of.state !== 'active' && t('not_served')}
        onClick={() => test.mutate(of.id, { onSuccess: () => toast(t('tested')), onError: told })}
      >
        {t('test')}
      </Button>
      <Button size="sm" onClick={onChange}>
        {t('change')}
      </Button>
      {of.state === 'active' && (
        <Button
          size="sm"
          busy={change.isPending}
          onClick={() => change.mutate({ id: of.id, state: 'paused' }, { onError: told })}
        >
          {t('pause')}
        </Button>
      )}
      <Button size="sm" look="danger" onClick={() => setLeaving(true)}>
        {t('remove')}
      </Button>
      <Confirm
        open={leaving}
        onClose={() => setLeaving(false)}
        title={t('remove_title', { name: of.label })}
        action={t('remove')}
        busy={remove.isPending}
        error={remove.isError ? say(remove.error) : null}
        onConfirm={() => remove.mutate(of.id, { onSuccess: () => void navigate({ to: paths.webhooks }) })}
      >
        {t('remove_text')}
      </Confirm>
    </>
  );
}

/** What stands in the way, and the way out of it. */
function Trouble({ of, writes }: { of: Webhook; writes: boolean }) {
  const { t } = useTranslation('webhooks');
  const say = useProblemText();
  const now = useNow(1_000);
  const change = useChangeWebhook();
  const state = standing(of);
  if (state === 'active') return null;
  const goOn = (skip: boolean) => change.mutate({ id: of.id, state: 'active', ...(skip ? { skip_missed: true } : {}) });
  return (
    <Note
      tone={state === 'off' ? 'bad' : state === 'failing' ? 'warn' : 'info'}
      title={t(`trouble.${state === 'off' ? (of.off_reason ?? 'failing_days') : state}`)}
      action={
        writes && (
          <span className="flex flex-wrap gap-2">
            {state !== 'failing' && (
              <Button size="sm" look="primary" busy={change.isPending} onClick={() => goOn(false)}>
                {t('go_on')}
              </Button>
            )}
            {of.behind > 0 && (
              <Button size="sm" busy={change.isPending} onClick={() => goOn(true)}>
                {t('skip')}
              </Button>
            )}
          </span>
        )
      }
    >
      {change.isError
        ? say(change.error)
        : state === 'failing' && of.next_try_at
          ? t('trouble.failing_text', {
              since: ago(of.failing_since ?? of.next_try_at, now),
              next: ago(of.next_try_at, now),
              count: of.failures,
            })
          : t('trouble.kept', { behind: count(of.behind) })}
    </Note>
  );
}

function Standing({ of }: { of: Webhook }) {
  const { t } = useTranslation('webhooks');
  return (
    <Card title={t('standing')}>
      <Facts className="p-4">
        <Fact name={t('form.url')}>
          <span className="break-all">{of.url}</span>
        </Fact>
        <Fact name={t('form.kinds')}>
          <code className="break-words">{of.kinds.join(', ')}</code>
        </Fact>
        <Fact name={t('column.taken')}>{of.last_taken_at ? dateTime(of.last_taken_at) : t('never')}</Fact>
        <Fact name={t('behind')}>{of.behind === 0 ? t('behind_none') : t('behind_n', { n: count(of.behind) })}</Fact>
        <Fact name={t('by')}>{of.created_by}</Fact>
        <Fact name={t('made')}>{dateTime(of.created_at)}</Fact>
      </Facts>
    </Card>
  );
}
