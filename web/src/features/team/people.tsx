import type { UseQueryResult } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Member, Role } from '../../api/types';
import { can } from '../../can';
import { useMe, useNow } from '../../hooks';
import { ago } from '../../i18n/format';
import { useProblemText } from '../../i18n/problems';
import { paths } from '../../paths';
import { Avatar, Badge, StatusDot } from '../../ui/badge';
import { Button } from '../../ui/button';
import { MenuChoice, MenuItem, MenuLine, MoreMenu } from '../../ui/menu';
import { Confirm } from '../../ui/overlay';
import { EmptyState, Note } from '../../ui/state';
import { type Column, DataTable, TwoLines } from '../../ui/table';
import { toast } from '../../ui/toast';
import { useChangeMember, useRemoveMember } from './queries';
import { isLastOwner, rolesToGive } from './rules';

export function People({ members, onInvite }: { members: UseQueryResult<Member[]>; onInvite: () => void }) {
  const { t } = useTranslation('team');
  const say = useProblemText();
  const me = useMe();
  const now = useNow(30_000);
  const change = useChangeMember();
  const [leaving, setLeaving] = useState<Member | null>(null);
  const writes = can(me, 'members:write');
  const all = members.data ?? [];
  const columns: Column<Member>[] = [
    {
      key: 'name',
      head: t('people.name'),
      names: true,
      cell: (row) => (
        <span className="flex items-center gap-3">
          <Avatar name={row.name} />
          <TwoLines
            main={
              <>
                {row.name}
                {row.user === me.user.id && <span className="font-normal text-ink-3"> {t('people.you')}</span>}
              </>
            }
            sub={row.email}
          />
        </span>
      ),
    },
    { key: 'role', head: t('people.role'), cell: (row) => t(`common:roles.${row.role}`) },
    {
      key: 'seat',
      head: t('people.seat'),
      from: 'md',
      cell: (row) =>
        row.seat ? (
          <Link
            to={paths.team}
            search={{ tab: 'seats', seat: row.seat.id }}
            className="font-medium text-brand hover:underline"
          >
            {t('seats.title', { extension: row.seat.extension })}
          </Link>
        ) : (
          <span className="text-ink-3">{t('people.no_seat')}</span>
        ),
    },
    {
      key: 'seen',
      head: t('people.seen'),
      from: 'lg',
      cell: (row) => (
        <span className="text-ink-2">
          {row.user === me.user.id
            ? t('people.now')
            : row.last_seen_at
              ? ago(row.last_seen_at, now)
              : t('people.never')}
        </span>
      ),
    },
    {
      key: 'state',
      head: t('people.state'),
      from: 'md',
      cell: (row) =>
        row.state === 'active' ? (
          <StatusDot tone="ok">{t('people.active')}</StatusDot>
        ) : (
          <Badge tone="warn">{t('people.suspended')}</Badge>
        ),
    },
    {
      key: 'more',
      head: <span className="sr-only">{t('common:more')}</span>,
      className: 'w-10',
      cell: (row) =>
        writes && (
          <Deeds
            row={row}
            last={isLastOwner(row, all)}
            onChange={(patch) => change.mutate({ id: row.id, ...patch })}
            onRemove={() => setLeaving(row)}
          />
        ),
    },
  ];

  return (
    <>
      {change.isError && <Note tone="bad" title={say(change.error)} className="mb-3" />}
      <DataTable
        label={t('people.tab')}
        columns={columns}
        rows={members.data}
        rowKey={(row) => row.id}
        error={members.error}
        onRetry={() => void members.refetch()}
        tall
        empty={<EmptyState title={t('people.empty')} action={<Button onClick={onInvite}>{t('invite.menu')}</Button>} />}
      />
      <RemoveMember member={leaving} onClose={() => setLeaving(null)} />
    </>
  );
}

function Deeds(props: {
  row: Member;
  last: boolean;
  onChange: (patch: { role?: Role; state?: Member['state'] }) => void;
  onRemove: () => void;
}) {
  const { t } = useTranslation('team');
  const me = useMe();
  const { row, last } = props;
  const self = row.user === me.user.id;
  return (
    <MoreMenu label={t('people.more_of', { name: row.name })}>
      <MenuChoice
        label={last ? t('people.last_owner') : t('people.role')}
        value={row.role}
        options={(last ? [row.role] : rolesToGive(me.role)).map((role) => ({
          value: role,
          label: t(`common:roles.${role}`),
        }))}
        onChange={(role) => props.onChange({ role })}
      />
      {!self && !last && (
        <>
          <MenuLine />
          <MenuItem onSelect={() => props.onChange({ state: row.state === 'active' ? 'suspended' : 'active' })}>
            {row.state === 'active' ? t('people.suspend') : t('people.let_in')}
          </MenuItem>
          <MenuItem danger onSelect={props.onRemove}>
            {t('people.remove')}
          </MenuItem>
        </>
      )}
    </MoreMenu>
  );
}

function RemoveMember({ member, onClose }: { member: Member | null; onClose: () => void }) {
  const { t } = useTranslation('team');
  const say = useProblemText();
  const remove = useRemoveMember();
  return (
    <Confirm
      open={member !== null}
      onClose={onClose}
      title={t('people.remove_title', { name: member?.name })}
      action={t('people.remove')}
      busy={remove.isPending}
      error={remove.isError ? say(remove.error) : null}
      onConfirm={() =>
        member &&
        remove.mutate(member.id, {
          onSuccess: () => {
            toast(t('people.removed', { name: member.name }));
            onClose();
          },
        })
      }
    >
      {t('people.remove_text')}
    </Confirm>
  );
}
