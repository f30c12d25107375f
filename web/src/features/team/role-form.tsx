import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { document } from '../../api/document';
import type { CompanyRole, DataScope } from '../../api/types';
import { useIntent, useMe } from '../../hooks';
import { useProblemText } from '../../i18n/problems';
import { Button } from '../../ui/button';
import { Field, TextField } from '../../ui/field';
import { Select } from '../../ui/select';
import { Note } from '../../ui/state';
import { toast } from '../../ui/toast';
import { ScopePicker } from '../api-keys/scope-picker';
import { scopeGroups } from '../api-keys/scopes';
import { useAddRole, useChangeRole } from './organisation-queries';
import { useRoleName } from './role-name';
import { scopesToGive } from './rules';

/** All that a person can be let do: a row per resource, a column per deed. */
const GROUPS = scopeGroups(document, 'user');

/** One role as a table of permissions; `from` is the one that a new one begins as. */
export function RoleForm(props: { role?: CompanyRole; from?: CompanyRole; writes: boolean; onDone: () => void }) {
  const { t } = useTranslation('organisation');
  const say = useProblemText();
  const me = useMe();
  const nameOf = useRoleName();
  const add = useAddRole();
  const change = useChangeRole();
  const { role, from } = props;
  const begin = role ?? from;
  const known = GROUPS.flatMap((group) => group.scopes.map((scope) => scope.code));
  const held = (codes: readonly string[]) =>
    codes.filter((code) => known.includes(code) && (role !== undefined || me.permissions.includes(code)));
  const [name, setName] = useState(role ? nameOf(role) : from ? t('roles.copy_of', { name: nameOf(from) }) : '');
  const [scope, setScope] = useState<DataScope>(begin?.scope ?? 'team');
  const [permissions, setPermissions] = useState<readonly string[]>(held(begin?.permissions ?? []));
  const keyOf = useIntent();
  const fixed = !props.writes || (role !== undefined && (role.built_in || !role.in_reach));
  const busy = add.isPending || change.isPending;
  const failed = add.error ?? change.error;
  const send = () => {
    const wanted = { name: name.trim(), scope, permissions: [...permissions] };
    const done = (said: string, undo?: () => void) => () => {
      toast(said, undo && { label: t('undo'), onUndo: undo });
      props.onDone();
    };
    if (!role) {
      add.mutate({ ...wanted, key: keyOf(wanted) }, { onSuccess: done(t('roles.added', { name: wanted.name })) });
      return;
    }
    const back = { id: role.id, name: role.name, scope: role.scope, permissions: role.permissions };
    change.mutate(
      { id: role.id, ...wanted },
      { onSuccess: done(t('roles.changed', { name: wanted.name }), () => change.mutate(back)) },
    );
  };
  return (
    <form
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        if (!fixed && !busy && name.trim() && permissions.length > 0) send();
      }}
    >
      {!fixed && (
        <TextField
          label={t('name')}
          value={name}
          maxLength={80}
          autoComplete="off"
          onChange={(event) => setName(event.target.value)}
        />
      )}
      <Field label={t('scope.label')} hint={t(`scope.${scope}_note`)}>
        {(wiring) => (
          <Select
            {...wiring}
            value={scope}
            disabled={fixed}
            onChange={setScope}
            options={scopesToGive(fixed ? 'all' : me.scope).map((value) => ({ value, label: t(`scope.${value}`) }))}
          />
        )}
      </Field>
      <ScopePicker
        groups={GROUPS}
        title={t('roles.may')}
        value={permissions}
        onChange={setPermissions}
        disabled={fixed}
      />
      {failed && <Note tone="bad" title={say(failed)} />}
      {!fixed && (
        <Button
          type="submit"
          look="primary"
          className="self-start"
          busy={busy}
          reason={(!name.trim() && t('name_first')) || (permissions.length === 0 && t('roles.permissions_first'))}
        >
          {role ? t('common:save') : t('roles.make')}
        </Button>
      )}
    </form>
  );
}
