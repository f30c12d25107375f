import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Department } from '../../api/types';
import { useProblemText } from '../../i18n/problems';
import { Button } from '../../ui/button';
import { TextField } from '../../ui/field';
import { Note } from '../../ui/state';
import { toast } from '../../ui/toast';
import { DepartmentField, NOWHERE } from './department-field';
import { useAddDepartment, useChangeDepartment } from './organisation-queries';
import { withBelow } from './tree';

/** A new department, or another name or place for one that is there. */
export function DepartmentForm(props: {
  department?: Department;
  parent?: string | null;
  departments: Department[];
  onDone: () => void;
}) {
  const { t } = useTranslation('organisation');
  const say = useProblemText();
  const add = useAddDepartment();
  const change = useChangeDepartment();
  const before = props.department;
  const [name, setName] = useState(before?.name ?? '');
  const [parent, setParent] = useState(before ? (before.parent ?? NOWHERE) : (props.parent ?? NOWHERE));
  const [key] = useState(() => crypto.randomUUID());
  const own = before ? withBelow(props.departments, before.id) : new Set<string>();
  const busy = add.isPending || change.isPending;
  const failed = add.error ?? change.error;
  const send = () => {
    const wanted = { name: name.trim(), parent: parent === NOWHERE ? null : parent };
    if (!before) {
      add.mutate(
        { ...wanted, key: `${key}-${wanted.name}-${parent}` },
        {
          onSuccess: () => {
            toast(t('departments.added', { name: wanted.name }));
            props.onDone();
          },
        },
      );
      return;
    }
    change.mutate(
      { id: before.id, ...wanted },
      {
        onSuccess: () => {
          const back = { id: before.id, name: before.name, parent: before.parent ?? null };
          toast(t('departments.changed', { name: wanted.name }), {
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
        label={t('departments.above')}
        hint={t('departments.above_hint')}
        nowhere={t('departments.top')}
        value={parent}
        onChange={setParent}
        departments={props.departments}
        without={own}
      />
      {failed && <Note tone="bad" title={say(failed)} />}
      <Button type="submit" look="primary" className="self-start" busy={busy} reason={!name.trim() && t('name_first')}>
        {before ? t('common:save') : t('departments.add')}
      </Button>
    </form>
  );
}
