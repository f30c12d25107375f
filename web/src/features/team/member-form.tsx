import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { DataScope, Member, Role } from '../../api/types';
import { can } from '../../can';
import { useMe } from '../../hooks';
import { useProblemText } from '../../i18n/problems';
import { Button } from '../../ui/button';
import { Field } from '../../ui/field';
import { Select } from '../../ui/select';
import { Note, Skeleton } from '../../ui/state';
import { toast } from '../../ui/toast';
import { DepartmentField, NOWHERE } from './department-field';
import { useDepartments, useRoles } from './organisation-queries';
import { useChangeMember } from './queries';
import { useRoleName } from './role-name';
import { scopesToGive } from './rules';

const USUAL = 'usual';

/** Where somebody belongs, what they may and how far they see. */
export function MemberForm({ member, onDone }: { member: Member; onDone: () => void }) {
  const { t } = useTranslation('organisation');
  const say = useProblemText();
  const me = useMe();
  const nameOf = useRoleName();
  const places = can(me, 'departments:read');
  const departments = useDepartments(places);
  const roles = useRoles(can(me, 'roles:read'));
  const change = useChangeMember();
  const before = member.custom_role?.id ?? member.role;
  const [role, setRole] = useState<string>(before);
  const [scope, setScope] = useState<DataScope | typeof USUAL>(member.given_scope ?? USUAL);
  const [department, setDepartment] = useState(member.department ?? NOWHERE);
  const chosen = roles.data?.find((one) => one.id === role);
  const usual = chosen?.scope ?? member.scope;
  const owner = role === 'owner';
  const send = () =>
    change.mutate(
      {
        id: member.id,
        ...(role === before ? {} : chosen?.built_in === false ? { custom_role: role } : { role: role as Role }),
        scope: scope === USUAL || owner ? null : scope,
        ...(department === (member.department ?? NOWHERE)
          ? {}
          : { department: department === NOWHERE ? null : department }),
      },
      {
        onSuccess: () => {
          toast(t('member.changed', { name: member.name }));
          onDone();
        },
      },
    );
  if (roles.isPending && roles.fetchStatus !== 'idle') return <Skeleton className="w-40" />;
  return (
    <form
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        if (!change.isPending) send();
      }}
    >
      <Field label={t('member.role')}>
        {(wiring) => (
          <Select
            {...wiring}
            value={role}
            onChange={setRole}
            options={(roles.data ?? [])
              .filter((one) => one.in_reach || one.id === before)
              .map((one) => ({ value: one.id, label: nameOf(one) }))}
          />
        )}
      </Field>
      <Field
        label={t('scope.label')}
        hint={owner ? t('member.owner_sees') : t(`scope.${scope === USUAL ? usual : scope}_note`)}
      >
        {(wiring) => (
          <Select
            {...wiring}
            value={owner ? USUAL : scope}
            disabled={owner}
            onChange={setScope}
            options={[
              { value: USUAL, label: t('member.as_role', { scope: t(`scope.${usual}`) }) },
              ...scopesToGive(me.scope).map((value) => ({ value, label: t(`scope.${value}`) })),
            ]}
          />
        )}
      </Field>
      {places && (
        <DepartmentField
          label={t('member.department')}
          hint={t('member.department_hint')}
          nowhere={t('teams.no_department')}
          value={department}
          onChange={setDepartment}
          departments={departments.data ?? []}
        />
      )}
      {change.isError && <Note tone="bad" title={say(change.error)} />}
      <Button type="submit" look="primary" className="self-start" busy={change.isPending}>
        {t('common:save')}
      </Button>
    </form>
  );
}
