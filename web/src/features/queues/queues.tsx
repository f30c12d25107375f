import { useTranslation } from 'react-i18next';
import type { Queue } from '../../api/types';
import { Badge } from '../../ui/badge';
import { type Column, TwoLines } from '../../ui/table';
import { Listing } from './listing';
import { useQueues, useRemoveQueue, useSkills } from './queries';
import { QueueForm } from './queue-form';

/** Names on a row before the rest is only counted. */
const SHOWN = 3;

/** The queues, each with what it asks of agents, its target and who works there. */
export function Queues(props: { onSkills: () => void }) {
  const { t } = useTranslation('queues');
  const queues = useQueues();
  const skills = useSkills();
  const skillName = (id: string) => skills.data?.find((one) => one.id === id)?.name ?? '';
  const columns: Column<Queue>[] = [
    {
      key: 'name',
      head: t('name'),
      names: true,
      cell: (row) => <TwoLines main={row.name} sub={t(`strategy.${row.strategy}`)} />,
    },
    {
      key: 'skills',
      head: t('queues.skills'),
      from: 'md',
      cell: (row) => (
        <span className="flex flex-wrap gap-1">
          {row.skills
            .filter((one) => one.after_s === 0)
            .map((one) => (
              <Badge key={one.skill}>{t('skill_at', { name: skillName(one.skill), level: one.level })}</Badge>
            ))}
          {row.skills.length === 0 && <span className="text-ink-3">{t('queues.any_agent')}</span>}
        </span>
      ),
    },
    {
      key: 'target',
      head: t('queues.target'),
      from: 'lg',
      cell: (row) => (
        <span className="num text-ink-2">
          {t('target_of', { percent: row.service_level_percent, seconds: row.service_level_s })}
        </span>
      ),
    },
    {
      key: 'members',
      head: t('queues.members'),
      cell: (row) => {
        const names = row.members.slice(0, SHOWN).map((one) => one.name);
        const more = row.members.length - names.length;
        return (
          <span className="text-ink-2">
            {names.length === 0 && t('nobody')}
            {names.join(', ')}
            {more > 0 && ` ${t('and_more', { count: more })}`}
          </span>
        );
      },
    },
  ];
  return (
    <Listing
      noun="queues"
      query={queues}
      columns={columns}
      remove={useRemoveQueue()}
      form={(row, done) => (
        <QueueForm
          {...(row ? { queue: row } : {})}
          queues={queues.data ?? []}
          skills={skills.data ?? []}
          onSkills={props.onSkills}
          onDone={done}
        />
      )}
    />
  );
}
