import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Department } from '../../api/types';
import { useMe } from '../../hooks';
import { useProblemText } from '../../i18n/problems';
import { Button } from '../../ui/button';
import { Field, TextField } from '../../ui/field';
import { Select } from '../../ui/select';
import { Note } from '../../ui/state';
import { toast } from '../../ui/toast';
import { useAddDepartment, useChangeDepartment } from './organisation-queries';
import { inOrder, withBelow } from './tree';

const TOP = 'top';

/** A new department, or another name or place for one that is there. */
export function DepartmentForm(props: {
  department?: Department;
  parent?: string | null;
  departments: Department[];
  onDone: () => void;
}) {
  const { t } = useTranslation('organisation');
  const say = useProblemText();
  const me = useMe();
  const add = useAddDepartment();
  const change = useChangeDepartment();
  const before = props.department;
  const [name, setName] = useState(before?.name ?? '');
  const [parent, setParent] = useState(before ? (before.parent ?? TOP) : (props.parent ?? TOP));
  const [key] = useState(() => crypto.randomUUID());
  const own = before ? withBelow(props.departments, before.id) : new Set<string>();
  const places = inOrder(props.departments).filter(
    ({ department }) => !own.has(department.id) && (department.in_reach || department.id === parent),
  );
  const busy = add.isPending || change.isPending;
  const failed = add.error ?? change.error;
  const send = () => {
    const wanted = { name: name.trim(), parent: parent === TOP ? null : parent };
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
      <Field label={t('departments.above')} hint={t('departments.above_hint')}>
        {(wiring) => (
          <Select
            {...wiring}
            value={parent}
            onChange={setParent}
            options={[
              ...(me.scope === 'all' || parent === TOP ? [{ value: TOP, label: t('departments.top') }] : []),
              ...places.map(({ department, depth }) => ({
                value: department.id,
                label: `${'\u2003'.repeat(depth)}${department.name}`,
              })),
            ]}
          />
        )}
      </Field>
      {failed && <Note tone="bad" title={say(failed)} />}
      <Button type="submit" look="primary" className="self-start" busy={busy} reason={!name.trim() && t('name_first')}>
        {before ? t('common:save') : t('departments.add')}
      </Button>
    </form>
  );
}
