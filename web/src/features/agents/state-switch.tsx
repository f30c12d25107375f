/** What one does at the moment, in the bar of every page: take calls, take none for a reason, sign out. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { ChevronDown } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { api, ok } from '../../api/client';
import { keys } from '../../api/query';
import type { MyAgent, Schemas } from '../../api/types';
import { can } from '../../can';
import { useMe } from '../../hooks';
import { useProblemText } from '../../i18n/problems';
import { cx } from '../../ui/cx';
import { Menu, MenuChoice, MenuHead } from '../../ui/menu';
import { toast } from '../../ui/toast';
import { type Choice, choiceOf, choicesOf, STATE_TONE } from './state-choice';

export function StateSwitch() {
  const me = useMe();
  const mine = useQuery({
    queryKey: keys.myAgent,
    queryFn: () => ok(api.GET('/v1/agents/me')),
    enabled: can(me, 'softphone:operate'),
  });
  // Who works in no queue is rung directly, whatever this says: beside a phone that is ready "signed out" would only be a riddle.
  const idle = mine.data?.queues.length === 0 && mine.data.now.state === 'offline';
  return mine.data?.has_seat && !idle ? <Switcher mine={mine.data} /> : null;
}

function Switcher({ mine }: { mine: MyAgent }) {
  const { t } = useTranslation('agents');
  const say = useProblemText();
  const client = useQueryClient();
  const change = useMutation({
    mutationFn: (body: Schemas['AgentChange']) => ok(api.POST('/v1/agents/me/state', { body })),
    onSuccess: (next) => {
      client.setQueryData(keys.myAgent, next);
      void client.invalidateQueries({ queryKey: keys.agents });
    },
    onError: (thrown) => toast(say(thrown)),
  });
  const { state, reason, cause } = mine.now;
  const name = reason?.name ?? t(cause === 'missed' ? 'missed' : `state.${state}`);
  const label = (choice: Choice) => ('reason' in choice ? choice.name : t(`choose.${choice.state}`));
  const choices = choicesOf(mine);
  return (
    <Menu
      trigger={
        <button
          type="button"
          aria-label={t('switch', { state: name })}
          className="flex h-8 max-w-44 items-center gap-2 rounded-md border border-line bg-panel px-2.5 text-13 font-medium hover:bg-hover"
        >
          <span aria-hidden className={cx('size-2 shrink-0 rounded-full', STATE_TONE[state])} />
          <span className="min-w-0 truncate">{name}</span>
          <ChevronDown aria-hidden className="size-3.5 shrink-0 text-ink-3" />
        </button>
      }
    >
      <MenuHead>
        <p className="font-medium">{t('mine')}</p>
        <p className="text-12 text-ink-3">
          {mine.queues.length > 0 ? t('in_queues', { queues: mine.queues.join(', ') }) : t('in_no_queue')}
        </p>
      </MenuHead>
      <MenuChoice
        label={t('mine')}
        value={choiceOf(mine)}
        onChange={(value) => {
          const wanted = choices.find((one) => one.value === value);
          if (wanted) change.mutate(wanted.ask);
        }}
        options={choices.map((one) => ({ value: one.value, label: label(one) }))}
      />
    </Menu>
  );
}
