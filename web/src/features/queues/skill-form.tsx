import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Skill } from '../../api/types';
import { useIntent } from '../../hooks';
import { useProblemText } from '../../i18n/problems';
import { Button } from '../../ui/button';
import { TextField } from '../../ui/field';
import { Select } from '../../ui/select';
import { Note } from '../../ui/state';
import { toast } from '../../ui/toast';
import { useMembers } from '../team/queries';
import { useAddSkill, useChangeSkill } from './queries';

const LEVELS = ['0', '1', '2', '3', '4', '5'] as const;

/** A skill: its name, and at what level each member has it. */
export function SkillForm(props: { skill?: Skill; onDone: () => void }) {
  const { t } = useTranslation('queues');
  const say = useProblemText();
  const members = useMembers();
  const add = useAddSkill();
  const change = useChangeSkill();
  const before = props.skill;
  const [name, setName] = useState(before?.name ?? '');
  const [levels, setLevels] = useState<Readonly<Record<string, number>>>(() =>
    Object.fromEntries(before?.agents.map((one) => [one.member, one.level]) ?? []),
  );
  const keyOf = useIntent();
  const busy = add.isPending || change.isPending;
  const failed = add.error ?? change.error;
  const send = () => {
    const agents = Object.entries(levels)
      .filter(([, level]) => level > 0)
      .map(([member, level]) => ({ member, level }));
    const wanted = { name: name.trim(), agents };
    const onSuccess = () => {
      toast(t(before ? 'changed' : 'added', { name: wanted.name }));
      props.onDone();
    };
    if (before) change.mutate({ id: before.id, ...wanted }, { onSuccess });
    else add.mutate({ ...wanted, key: keyOf(wanted) }, { onSuccess });
  };
  return (
    <form
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        if (name.trim() && !busy) send();
      }}
    >
      <TextField
        label={t('name')}
        value={name}
        maxLength={80}
        autoComplete="off"
        onChange={(event) => setName(event.target.value)}
      />
      <fieldset className="flex min-w-0 flex-col">
        <legend className="mb-1.5 text-13 font-medium">{t('skills.agents')}</legend>
        <div className="max-h-96 overflow-y-auto rounded-lg border border-line px-3 py-1">
          {members.data?.map((one) => (
            <div key={one.id} className="flex min-h-10 items-center gap-2.5 text-13">
              <span className="min-w-0 grow truncate">{one.name}</span>
              <Select
                size="sm"
                className="w-36 shrink-0"
                label={t('skills.level_of', { name: one.name })}
                value={String(levels[one.id] ?? 0) as (typeof LEVELS)[number]}
                onChange={(level) => setLevels({ ...levels, [one.id]: Number(level) })}
                options={LEVELS.map((value) => ({ value, label: t(`level.${value}`) }))}
              />
            </div>
          ))}
        </div>
      </fieldset>
      {failed && <Note tone="bad" title={say(failed)} />}
      <Button type="submit" look="primary" className="self-start" busy={busy} reason={!name.trim() && t('name_first')}>
        {before ? t('common:save') : t('skills.add')}
      </Button>
    </form>
  );
}
