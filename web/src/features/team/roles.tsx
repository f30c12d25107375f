import { Plus } from 'lucide-react';
import { lazy, Suspense, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { CompanyRole } from '../../api/types';
import { can } from '../../can';
import { useMe } from '../../hooks';
import { useProblemText } from '../../i18n/problems';
import { Badge } from '../../ui/badge';
import { Button } from '../../ui/button';
import { MenuItem, MoreMenu } from '../../ui/menu';
import { Confirm, Sheet } from '../../ui/overlay';
import { Skeleton } from '../../ui/state';
import { type Column, DataTable, TwoLines } from '../../ui/table';
import { toast } from '../../ui/toast';
import { useRemoveRole, useRoles } from './organisation-queries';
import { useRoleName } from './role-name';

/** Carries the API document, so it comes when it is opened. */
const RoleForm = lazy(() => import('./role-form').then((module) => ({ default: module.RoleForm })));

/** The built-in roles and those of the company's own; each opens to its table of permissions. */
export function Roles() {
  const { t } = useTranslation('organisation');
  const me = useMe();
  const nameOf = useRoleName();
  const roles = useRoles();
  const [open, setOpen] = useState<{ role?: CompanyRole; from?: CompanyRole } | null>(null);
  const [leaving, setLeaving] = useState<CompanyRole | null>(null);
  const writes = can(me, 'roles:write');
  const close = () => setOpen(null);
  const columns: Column<CompanyRole>[] = [
    {
      key: 'name',
      head: t('name'),
      names: true,
      cell: (row) => (
        <TwoLines
          main={
            <button type="button" className="hover:underline" onClick={() => setOpen({ role: row })}>
              {nameOf(row)}
            </button>
          }
          sub={row.built_in ? t('roles.built_in') : t('roles.own')}
        />
      ),
    },
    {
      key: 'scope',
      head: t('scope.label'),
      cell: (row) => <Badge>{t(`scope.${row.scope}`)}</Badge>,
    },
    {
      key: 'permissions',
      head: t('roles.permissions'),
      number: true,
      from: 'md',
      cell: (row) => row.permissions.length,
    },
    { key: 'members', head: t('roles.members'), number: true, cell: (row) => row.members },
    {
      key: 'more',
      head: <span className="sr-only">{t('common:more')}</span>,
      className: 'w-10',
      cell: (row) =>
        writes && (
          <MoreMenu label={t('more_of', { name: nameOf(row) })}>
            <MenuItem onSelect={() => setOpen({ from: row })}>{t('roles.copy')}</MenuItem>
            {!row.built_in && row.in_reach && (
              <>
                <MenuItem onSelect={() => setOpen({ role: row })}>{t('roles.change')}</MenuItem>
                <MenuItem danger onSelect={() => setLeaving(row)}>
                  {t('roles.remove')}
                </MenuItem>
              </>
            )}
          </MoreMenu>
        ),
    },
  ];
  return (
    <section aria-labelledby="roles" className="flex flex-col gap-3">
      <div className="flex min-h-8 items-center gap-2">
        <div className="min-w-0 grow">
          <h2 id="roles" className="text-14 font-semibold">
            {t('roles.title')}
          </h2>
          <p className="text-13 text-ink-2">{t('roles.note')}</p>
        </div>
        {writes && (
          <Button size="sm" onClick={() => setOpen({})}>
            <Plus aria-hidden className="size-4" />
            {t('roles.add')}
          </Button>
        )}
      </div>
      <DataTable
        label={t('roles.title')}
        columns={columns}
        rows={roles.data}
        rowKey={(row) => row.id}
        error={roles.error}
        onRetry={() => void roles.refetch()}
        onOpen={(role) => setOpen({ role })}
        tall
        empty={null}
      />
      <Sheet
        open={open !== null}
        onClose={close}
        title={open?.role ? nameOf(open.role) : t('roles.add')}
        note={open?.role?.built_in ? t('roles.fixed') : undefined}
      >
        {open && (
          <Suspense fallback={<Skeleton className="w-40" />}>
            <RoleForm {...open} writes={writes} onDone={close} />
          </Suspense>
        )}
      </Sheet>
      <RemoveRole role={leaving} onClose={() => setLeaving(null)} />
    </section>
  );
}

function RemoveRole({ role, onClose }: { role: CompanyRole | null; onClose: () => void }) {
  const { t } = useTranslation('organisation');
  const say = useProblemText();
  const remove = useRemoveRole();
  return (
    <Confirm
      open={role !== null}
      onClose={onClose}
      title={t('roles.remove_title', { name: role?.name })}
      action={t('roles.remove')}
      busy={remove.isPending}
      error={remove.isError ? say(remove.error) : null}
      onConfirm={() =>
        role &&
        remove.mutate(role.id, {
          onSuccess: () => {
            toast(t('roles.removed', { name: role.name }));
            onClose();
          },
        })
      }
    >
      {role && role.members > 0 ? t('roles.remove_held', { count: role.members }) : t('roles.remove_text')}
    </Confirm>
  );
}
