import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Department, Team } from '../../api/types';
import { useIntent, useMe } from '../../hooks';
import { useProblemText } from '../../i18n/problems';
import { Button } from '../../ui/button';
import { TextField } from '../../ui/field';
import { Note } from '../../ui/state';
import { toast } from '../../ui/toast';
import { DepartmentField, NOWHERE } from './department-field';
import { MemberTicks } from './member-ticks';
import { useAddTeam, useChangeTeam } from './organisation-queries';

/** A team: its name, the department whose head sees it, and who is in it. */
export function TeamForm(props: { team?: Team; departments: Department[]; onDone: () => void }) {
  const { t } = useTranslation('organisation');
  const say = useProblemText();
  const me = useMe();
  const add = useAddTeam();
  const change = useChangeTeam();
  const before = props.team;
  const [name, setName] = useState(before?.name ?? '');
  const first = props.departments.find((one) => one.in_reach)?.id;
  const [department, setDepartment] = useState(
    before ? (before.department ?? NOWHERE) : me.scope === 'all' ? NOWHERE : (first ?? NOWHERE),
  );
  const [inside, setInside] = useState<readonly string[]>(before?.members.map((one) => one.member) ?? []);
  const keyOf = useIntent();
  const busy = add.isPending || change.isPending;
  const failed = add.error ?? change.error;
  const send = () => {
    const wanted = { name: name.trim(), department: department === NOWHERE ? null : department, members: [...inside] };
    if (!before) {
      add.mutate(
        { ...wanted, key: keyOf(wanted) },
        {
          onSuccess: () => {
            toast(t('teams.added', { name: wanted.name }));
            props.onDone();
          },
        },
      );
      return;
    }
    const back = {
      id: before.id,
      name: before.name,
      department: before.department ?? null,
      members: before.members.map((one) => one.member),
    };
    change.mutate(
      { id: before.id, ...wanted },
      {
        onSuccess: () => {
          toast(t('teams.changed', { name: wanted.name }), {
            label: t('undo'),
            onUndo: () => change.mutate(back),
          });
          props.onDone();
        },
      },
    );
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
      <DepartmentField
        label={t('teams.department')}
        hint={t('teams.department_hint')}
        nowhere={t('teams.no_department')}
        value={department}
        onChange={setDepartment}
        departments={props.departments}
      />
      <MemberTicks label={t('teams.members')} value={inside} onChange={setInside} />
      {failed && <Note tone="bad" title={say(failed)} />}
      <Button type="submit" look="primary" className="self-start" busy={busy} reason={!name.trim() && t('name_first')}>
        {before ? t('common:save') : t('teams.add')}
      </Button>
    </form>
  );
}
