/** The draft on a telephone: one's own rings, and whoever answers there meets the draft as a caller would. */
import { useMutation } from '@tanstack/react-query';
import { PhoneCall } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { api, ok, once } from '../../api/client';
import { can } from '../../can';
import { useMe } from '../../hooks';
import { useProblemText } from '../../i18n/problems';
import { Button } from '../../ui/button';

export function CallDraft({ flow }: { flow: string }) {
  const { t } = useTranslation('flow-steps');
  const me = useMe();
  const problem = useProblemText();
  const call = useMutation({
    mutationFn: () => ok(api.POST('/v1/calls', { headers: once(crypto.randomUUID()), body: { draft: flow } })),
  });
  if (!can(me, 'flows:write') || !can(me, 'calls:operate')) return null;
  return (
    <>
      <Button size="sm" busy={call.isPending} onClick={() => call.mutate()}>
        <PhoneCall aria-hidden className="size-3.5" />
        {t('simulate.call')}
      </Button>
      <p role="status" className="text-12 text-ink-3">
        {call.isSuccess && t('simulate.calling')}
      </p>
      {call.error && (
        <p role="alert" className="text-12 text-bad">
          {problem(call.error)}
        </p>
      )}
    </>
  );
}
