import { useTranslation } from 'react-i18next';
import type { Skill } from '../../api/types';
import type { Column } from '../../ui/table';
import { Listing } from './listing';
import { useRemoveSkill, useSkills } from './queries';
import { SkillForm } from './skill-form';

/** Names on a row before the rest is only counted. */
const SHOWN = 4;

/** What agents can do, and how well. */
export function Skills() {
  const { t } = useTranslation('queues');
  const skills = useSkills();
  const columns: Column<Skill>[] = [
    { key: 'name', head: t('name'), names: true, cell: (row) => row.name },
    {
      key: 'agents',
      head: t('skills.agents'),
      cell: (row) => {
        const names = row.agents.slice(0, SHOWN).map((one) => t('skill_at', { name: one.name, level: one.level }));
        const more = row.agents.length - names.length;
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
      noun="skills"
      query={skills}
      columns={columns}
      remove={useRemoveSkill()}
      form={(row, done) => <SkillForm {...(row ? { skill: row } : {})} onDone={done} />}
    />
  );
}
