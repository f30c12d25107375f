import type { UseQueryResult } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import type { Invitation } from '../../api/types';
import { can } from '../../can';
import { useMe, useNow } from '../../hooks';
import { ago } from '../../i18n/format';
import { Button } from '../../ui/button';
import { CopyField } from '../../ui/copy-field';
import { EmptyState } from '../../ui/state';
import { type Column, DataTable, TwoLines } from '../../ui/table';
import { toast } from '../../ui/toast';
import { useDepartments } from './organisation-queries';
import { useRevokeInvitation } from './queries';
import { useRoleOf } from './role-name';
import { pathOf } from './tree';

export function Invitations(props: { invitations: UseQueryResult<Invitation[]>; onInvite: () => void }) {
  const { t } = useTranslation('team');
  const now = useNow(60_000);
  const roleOf = useRoleOf();
  const me = useMe();
  const departments = useDepartments(can(me, 'departments:read'));
  const revoke = useRevokeInvitation();
  const columns: Column<Invitation>[] = [
    {
      key: 'email',
      head: t('invitations.email'),
      names: true,
      cell: (row) => <TwoLines main={row.email} sub={t('invitations.by', { name: row.invited_by })} />,
    },
    { key: 'role', head: t('people.role'), cell: roleOf },
    {
      key: 'department',
      head: t('people.department'),
      from: 'lg',
      cell: (row) =>
        row.department ? (
          pathOf(departments.data ?? [], row.department)
        ) : (
          <span className="text-ink-3">{t('people.no_department')}</span>
        ),
    },
    {
      key: 'link',
      head: t('invitations.link'),
      from: 'lg',
      className: 'w-80 max-w-80',
      cell: (row) =>
        row.link ? (
          <CopyField plain label={t('invitations.link_of', { email: row.email })} value={row.link} />
        ) : (
          <span className="text-ink-2">{t('invitations.mailed')}</span>
        ),
    },
    { key: 'ends', head: t('invitations.ends'), from: 'md', cell: (row) => ago(row.expires_at, now) },
    {
      key: 'deeds',
      head: <span className="sr-only">{t('invitations.revoke')}</span>,
      className: 'text-right',
      cell: (row) => (
        <Button
          size="xs"
          look="quiet"
          busy={revoke.isPending && revoke.variables === row.id}
          onClick={() =>
            revoke.mutate(row.id, { onSuccess: () => toast(t('invitations.revoked', { email: row.email })) })
          }
        >
          {t('invitations.revoke')}
        </Button>
      ),
    },
  ];
  return (
    <DataTable
      label={t('invitations.tab')}
      columns={columns}
      rows={props.invitations.data}
      rowKey={(row) => row.id}
      error={props.invitations.error}
      onRetry={() => void props.invitations.refetch()}
      tall
      empty={
        <EmptyState
          title={t('invitations.empty')}
          action={<Button onClick={props.onInvite}>{t('invite.menu')}</Button>}
        >
          {t('invitations.empty_note')}
        </EmptyState>
      }
    />
  );
}
