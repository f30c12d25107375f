import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Department, Member, Role } from '../../api/types';
import { can } from '../../can';
import { useMe } from '../../hooks';
import { Button } from '../../ui/button';
import { Menu, MenuItem } from '../../ui/menu';
import { Confirm } from '../../ui/overlay';
import { BulkBar, useBulk } from '../views/bulk';
import { useRoles } from './organisation-queries';
import { useChangeMember } from './queries';
import { useRoleName } from './role-name';
import { inOrder } from './tree';

/** Role, department or suspension for everybody who is ticked. */
export function PeopleBulk(props: {
  rows: readonly Member[];
  departments: readonly Department[];
  onClear: () => void;
}) {
  const { t } = useTranslation('team');
  const me = useMe();
  const nameOf = useRoleName();
  const roles = useRoles(can(me, 'roles:read'));
  const change = useChangeMember();
  const { run, refused, forget } = useBulk<Member>((row) => row.name);
  const [locking, setLocking] = useState(false);
  const { rows } = props;
  const all = (deed: (row: Member) => Promise<unknown>) =>
    run.mutate({ rows, deed }, { onSuccess: ({ failed }) => failed.length === 0 && props.onClear() });
  const given = (roles.data ?? []).filter((one) => one.in_reach);
  const places = inOrder(props.departments).filter(({ department }) => department.in_reach);
  return (
    <>
      <BulkBar
        count={rows.length}
        busy={run.isPending}
        refused={refused}
        onClear={() => {
          forget();
          props.onClear();
        }}
      >
        {given.length > 0 && (
          <Menu
            align="start"
            trigger={
              <Button size="sm" busy={run.isPending}>
                {t('bulk.role')}
              </Button>
            }
          >
            {given.map((one) => (
              <MenuItem
                key={one.id}
                onSelect={() =>
                  all((row) =>
                    change.mutateAsync({
                      id: row.id,
                      ...(one.built_in ? { role: one.name as Role } : { custom_role: one.id }),
                    }),
                  )
                }
              >
                {nameOf(one)}
              </MenuItem>
            ))}
          </Menu>
        )}
        {places.length > 0 && (
          <Menu
            align="start"
            trigger={
              <Button size="sm" busy={run.isPending}>
                {t('bulk.department')}
              </Button>
            }
          >
            {me.scope === 'all' && (
              <MenuItem onSelect={() => all((row) => change.mutateAsync({ id: row.id, department: null }))}>
                {t('people.no_department')}
              </MenuItem>
            )}
            {places.map(({ department, depth }) => (
              <MenuItem
                key={department.id}
                onSelect={() => all((row) => change.mutateAsync({ id: row.id, department: department.id }))}
              >
                {`${'\u2003'.repeat(depth)}${department.name}`}
              </MenuItem>
            ))}
          </Menu>
        )}
        <Button size="sm" look="danger" busy={run.isPending} onClick={() => setLocking(true)}>
          {t('people.suspend')}
        </Button>
      </BulkBar>
      <Confirm
        open={locking}
        onClose={() => setLocking(false)}
        title={t('bulk.suspend_title', { count: rows.length })}
        action={t('people.suspend')}
        busy={run.isPending}
        error={null}
        onConfirm={() => {
          setLocking(false);
          all((row) => change.mutateAsync({ id: row.id, state: 'suspended' }));
        }}
      >
        {t('bulk.suspend_text')}
      </Confirm>
    </>
  );
}
