import type { UseQueryResult } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Member } from '../../api/types';
import { can } from '../../can';
import { useMe, useNow } from '../../hooks';
import { ago } from '../../i18n/format';
import { useProblemText } from '../../i18n/problems';
import { paths } from '../../paths';
import { Avatar, Badge, StatusDot } from '../../ui/badge';
import { Button } from '../../ui/button';
import { SearchField } from '../../ui/field';
import { MenuItem, MenuLine, MoreMenu } from '../../ui/menu';
import { Sheet } from '../../ui/overlay';
import { Select } from '../../ui/select';
import { EmptyState, Note } from '../../ui/state';
import { type Column, DataTable, TwoLines } from '../../ui/table';
import { toast } from '../../ui/toast';
import { shownColumns, useListState } from '../views/list-state';
import { ViewBar } from '../views/view-bar';
import { MemberForm } from './member-form';
import { useDepartments } from './organisation-queries';
import { PeopleBulk } from './people-bulk';
import { useChangeMember, useSignOutMember } from './queries';
import { RemoveMember } from './remove-member';
import { ResetFactor } from './reset-factor';
import { useRoleOf } from './role-name';
import { isLastOwner } from './rules';
import { SuspendMember } from './suspend-member';
import { pathOf, withBelow } from './tree';

const FILTERS = ['q', 'role', 'state'] as const;
const ANY = 'any';

/** Whether name or address contain every word of the text. */
function isNamed(one: Member, text: string): boolean {
  const words = `${one.name} ${one.email} ${one.seat?.extension ?? ''}`.toLowerCase();
  return text
    .toLowerCase()
    .split(/\s+/)
    .every((word) => words.includes(word));
}

export function People(props: {
  members: UseQueryResult<Member[]>;
  /** Only of this department and those below it. */
  department: string | null;
  onDepartment: (department: string | null) => void;
  onInvite: () => void;
}) {
  const { members } = props;
  const { t } = useTranslation(['team', 'organisation']);
  const say = useProblemText();
  const me = useMe();
  const now = useNow(30_000);
  const change = useChangeMember();
  const roleOf = useRoleOf();
  const departments = useDepartments(can(me, 'departments:read'));
  const [leaving, setLeaving] = useState<Member | null>(null);
  const [locking, setLocking] = useState<Member | null>(null);
  const signOut = useSignOutMember();
  const [placing, setPlacing] = useState<Member | null>(null);
  const [resetting, setResetting] = useState<Member | null>(null);
  const writes = can(me, 'members:write');
  const all = members.data ?? [];
  const tree = departments.data ?? [];
  const wanted = props.department && withBelow(tree, props.department);
  const state = useListState(FILTERS);
  const { q = '', role = '', state: standing = '' } = state.filter;
  const put = (change: Record<string, string>) => state.set({ filter: { ...state.filter, ...change } });
  const rows = members.data?.filter(
    (one) =>
      (!wanted || (one.department && wanted.has(one.department))) &&
      (!role || (one.custom_role?.id ?? one.role) === role) &&
      (!standing || one.state === standing) &&
      isNamed(one, q),
  );
  const roles = [...new Map(all.map((one) => [one.custom_role?.id ?? one.role, roleOf(one)]))];
  const [picked, setPicked] = useState<ReadonlySet<string>>(new Set());
  const filtered = q !== '' || role !== '' || standing !== '';
  const columns: Column<Member>[] = [
    {
      key: 'name',
      head: t('people.name'),
      names: true,
      sort: (row) => row.name,
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
    {
      key: 'role',
      head: t('people.role'),
      label: t('people.role'),
      sort: (row) => roleOf(row),
      cell: (row) => <TwoLines main={roleOf(row)} sub={t(`organisation:scope.${row.scope}`)} />,
    },
    {
      key: 'department',
      head: t('people.department'),
      label: t('people.department'),
      sort: (row) => row.department && pathOf(tree, row.department),
      from: 'lg',
      cell: (row) =>
        row.department ? pathOf(tree, row.department) : <span className="text-ink-3">{t('people.no_department')}</span>,
    },
    {
      key: 'seat',
      head: t('people.seat'),
      label: t('people.seat'),
      sort: (row) => row.seat?.extension,
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
      label: t('people.seen'),
      sort: (row) => row.last_seen_at,
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
      label: t('people.state'),
      sort: (row) => row.state,
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
            onLetIn={() => change.mutate({ id: row.id, state: 'active' })}
            onLock={() => setLocking(row)}
            onSignOut={() =>
              signOut.mutate(row.id, { onSuccess: () => toast(t('people.signed_out', { name: row.name })) })
            }
            onPlace={() => setPlacing(row)}
            onResetFactor={() => setResetting(row)}
            onRemove={() => setLeaving(row)}
          />
        ),
    },
  ];

  return (
    <>
      {props.department && (
        <p className="mb-3 flex items-center gap-3 text-13">
          <span className="font-medium">{pathOf(tree, props.department)}</span>
          <Button size="xs" look="quiet" onClick={() => props.onDepartment(null)}>
            {t('people.everybody')}
          </Button>
        </p>
      )}
      {(change.error ?? signOut.error) && (
        <Note tone="bad" title={say(change.error ?? signOut.error)} className="mb-3" />
      )}
      <div className="mb-3 flex flex-wrap items-center gap-2">
        <SearchField
          label={t('people.find')}
          value={q}
          onChange={(text) => put({ q: text })}
          className="w-60 max-w-full"
        />
        <Select
          size="sm"
          label={t('people.role')}
          className="w-40"
          value={role || ANY}
          onChange={(next) => put({ role: next === ANY ? '' : next })}
          options={[{ value: ANY, label: t('people.any_role') }, ...roles.map(([value, label]) => ({ value, label }))]}
        />
        <Select
          size="sm"
          label={t('people.state')}
          className="w-36"
          value={standing || ANY}
          onChange={(next) => put({ state: next === ANY ? '' : next })}
          options={[
            { value: ANY, label: t('people.any_state') },
            { value: 'active', label: t('people.active') },
            { value: 'suspended', label: t('people.suspended') },
          ]}
        />
        <div className="ml-auto">
          <ViewBar list="members" state={state} columns={columns} />
        </div>
      </div>
      {writes && (
        <PeopleBulk
          rows={(rows ?? []).filter((one) => picked.has(one.id))}
          departments={tree}
          onClear={() => setPicked(new Set())}
        />
      )}
      <DataTable
        label={t('people.tab')}
        columns={shownColumns(columns, state.columns)}
        sort={state.sort}
        onSort={(sort) => state.set({ sort })}
        {...(writes ? { picked, onPick: setPicked, nameOf: (row: Member) => row.name } : {})}
        rows={rows}
        rowKey={(row) => row.id}
        error={members.error}
        onRetry={() => void members.refetch()}
        tall
        empty={
          filtered ? (
            <EmptyState
              title={t('common:nothing_found')}
              action={<Button onClick={() => state.set({ filter: {} })}>{t('people.everybody')}</Button>}
            />
          ) : props.department ? (
            <EmptyState
              title={t('people.empty_department')}
              action={<Button onClick={() => props.onDepartment(null)}>{t('people.everybody')}</Button>}
            />
          ) : (
            <EmptyState
              title={t('people.empty')}
              action={<Button onClick={props.onInvite}>{t('invite.menu')}</Button>}
            />
          )
        }
      />
      {leaving && <RemoveMember key={leaving.id} member={leaving} onClose={() => setLeaving(null)} />}
      {locking && <SuspendMember key={locking.id} member={locking} onClose={() => setLocking(null)} />}
      {resetting && <ResetFactor key={resetting.id} member={resetting} onClose={() => setResetting(null)} />}
      <Sheet open={placing !== null} onClose={() => setPlacing(null)} title={t('people.place')} note={placing?.name}>
        {placing && <MemberForm key={placing.id} member={placing} onDone={() => setPlacing(null)} />}
      </Sheet>
    </>
  );
}

function Deeds(props: {
  row: Member;
  last: boolean;
  onLetIn: () => void;
  onLock: () => void;
  onSignOut: () => void;
  onPlace: () => void;
  onResetFactor: () => void;
  onRemove: () => void;
}) {
  const { t } = useTranslation('team');
  const me = useMe();
  const { row, last } = props;
  const self = row.user === me.user.id;
  return (
    <MoreMenu label={t('people.more_of', { name: row.name })}>
      <MenuItem onSelect={props.onPlace}>{t('people.place')}</MenuItem>
      {!self && !last && (
        <>
          <MenuLine />
          {row.state === 'active' && <MenuItem onSelect={props.onSignOut}>{t('people.sign_out')}</MenuItem>}
          {row.state === 'active' && <MenuItem onSelect={props.onResetFactor}>{t('factor.menu')}</MenuItem>}
          <MenuItem onSelect={row.state === 'active' ? props.onLock : props.onLetIn}>
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
