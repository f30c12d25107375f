import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Monitor } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { api, ok } from '../../api/client';
import { keys } from '../../api/query';
import { useNow } from '../../hooks';
import { ago } from '../../i18n/format';
import { useProblemText } from '../../i18n/problems';
import { Badge } from '../../ui/badge';
import { Button } from '../../ui/button';
import { Card } from '../../ui/page';
import { ErrorState, Note, Skeleton } from '../../ui/state';
import { toast } from '../../ui/toast';
import { browserOf } from './browser-name';

/** Where one is signed in, and signing out there. */
export function Sessions() {
  const { t } = useTranslation('settings');
  const say = useProblemText();
  const now = useNow(60_000);
  const client = useQueryClient();
  const sessions = useQuery({ queryKey: keys.sessions, queryFn: () => ok(api.GET('/v1/me/sessions')) });
  const settled = { onSettled: () => void client.invalidateQueries({ queryKey: keys.sessions }) };
  const end = useMutation({
    mutationFn: (id: string) => ok(api.DELETE('/v1/me/sessions/{id}', { params: { path: { id } } })),
    onSuccess: () => toast(t('sessions.ended')),
    ...settled,
  });
  const endOthers = useMutation({
    mutationFn: () => ok(api.POST('/v1/me/sessions/end-others')),
    onSuccess: () => toast(t('sessions.others_ended')),
    ...settled,
  });
  const failed = end.error ?? endOthers.error;
  return (
    <Card
      title={t('sessions.title')}
      note={t('sessions.note')}
      actions={
        (sessions.data?.length ?? 0) > 1 && (
          <Button size="sm" look="danger" busy={endOthers.isPending} onClick={() => endOthers.mutate()}>
            {t('sessions.end_others')}
          </Button>
        )
      }
    >
      {sessions.isPending && <Skeleton className="m-4 w-40" />}
      {sessions.isError && !sessions.data && (
        <ErrorState error={sessions.error} onRetry={() => void sessions.refetch()} className="m-4" />
      )}
      {failed && <Note tone="bad" title={say(failed)} className="m-4" />}
      <ul>
        {sessions.data?.map((one) => (
          <li key={one.id} className="flex min-h-14 items-center gap-3 border-line px-4 py-2 not-first:border-t">
            <Monitor aria-hidden className="size-4 shrink-0 text-ink-3" />
            <div className="min-w-0 grow">
              <p className="truncate text-13 font-medium" title={one.user_agent ?? undefined}>
                {browserOf(one.user_agent) ?? t('sessions.unknown')}
              </p>
              <p className="truncate text-12 text-ink-3">
                {[one.company, ago(one.last_used_at, now)].filter(Boolean).join(' · ')}
              </p>
            </div>
            {one.current ? (
              <Badge tone="ok">{t('sessions.here')}</Badge>
            ) : (
              <Button
                size="xs"
                look="quiet"
                busy={end.isPending && end.variables === one.id}
                onClick={() => end.mutate(one.id)}
              >
                {t('sessions.end')}
              </Button>
            )}
          </li>
        ))}
      </ul>
    </Card>
  );
}
