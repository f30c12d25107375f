/** Where a simulated carrier is joined: somebody outside calls one's own number, and this browser rings. */
import { useMutation, useQuery } from '@tanstack/react-query';
import { PhoneIncoming } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { api, ok } from '../../../api/client';
import { keys } from '../../../api/query';
import { useMe } from '../../../hooks';
import { phone } from '../../../i18n/format';
import { useProblemText } from '../../../i18n/problems';
import { usePhone } from '../../../softphone/context';
import { may } from '../../../softphone/machine';
import { Button } from '../../../ui/button';
import { Note } from '../../../ui/state';
import { useNumbers } from '../../numbers/queries';

/** Who calls: a person that repeats what it hears. */
const CALLER = 'echo';

export function RingMe() {
  const { t } = useTranslation('onboarding');
  const say = useProblemText();
  const me = useMe();
  const { state } = usePhone();
  const lab = useQuery({ queryKey: keys.lab, queryFn: () => ok(api.GET('/v1/lab')) });
  const numbers = useNumbers();
  const mine = numbers.data?.items.find((one) => one.destination_seat === me.seat?.id);
  const ring = useMutation({
    mutationFn: (number: string) => ok(api.POST('/v1/lab/ring', { body: { number, persona: CALLER } })),
  });
  if (!lab.data?.available) return null;
  return (
    <section aria-labelledby="ring-me" className="flex flex-col gap-2 border-t border-line pt-5">
      <h3 id="ring-me" className="text-13 font-semibold">
        {t('ring_me.title')}
      </h3>
      <p className="text-13 text-ink-2">{t(mine ? 'ring_me.how' : 'ring_me.needs_number')}</p>
      {mine && (
        <Button
          busy={ring.isPending}
          reason={!may.dial(state) && t(state.call ? 'ring_me.in_call' : `test_call.line.${state.line}`)}
          onClick={() => ring.mutate(mine.e164)}
        >
          <PhoneIncoming aria-hidden className="size-4" />
          {t('ring_me.action', { number: phone(mine.e164) })}
        </Button>
      )}
      {ring.isError && <Note tone="bad" title={say(ring.error)} />}
    </section>
  );
}
