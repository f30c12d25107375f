import { Plus } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Department, Team } from '../../api/types';
import { can } from '../../can';
import { useMe } from '../../hooks';
import { useProblemText } from '../../i18n/problems';
import { Button } from '../../ui/button';
import { MenuItem, MoreMenu } from '../../ui/menu';
import { Confirm, Sheet } from '../../ui/overlay';
import { EmptyState } from '../../ui/state';
import { type Column, DataTable, TwoLines } from '../../ui/table';
import { toast } from '../../ui/toast';
import { useDepartments, useRemoveTeam, useTeams } from './organisation-queries';
import { TeamForm } from './team-form';
import { pathOf } from './tree';

/** Names on a row before the rest is only counted. */
const SHOWN = 4;

/** Working groups, across departments if need be. */
export function Teams() {
  const { t } = useTranslation('organisation');
  const me = useMe();
  const teams = useTeams();
  const departments = useDepartments();
  const [open, setOpen] = useState<{ team?: Team } | null>(null);
  const [leaving, setLeaving] = useState<Team | null>(null);
  const writes = can(me, 'departments:write');
  const close = () => setOpen(null);
  return (
    <section aria-labelledby="teams" className="flex min-w-0 flex-col gap-3">
      <div className="flex min-h-8 items-center gap-2">
        <div className="min-w-0 grow">
          <h2 id="teams" className="text-14 font-semibold">
            {t('teams.title')}
          </h2>
          <p className="text-13 text-ink-2">{t('teams.note')}</p>
        </div>
        {writes && (
          <Button size="sm" onClick={() => setOpen({})}>
            <Plus aria-hidden className="size-4" />
            {t('teams.add')}
          </Button>
        )}
      </div>
      <DataTable
        label={t('teams.title')}
        columns={columnsOf({
          t,
          writes,
          departments: departments.data ?? [],
          onOpen: (team) => setOpen({ team }),
          onRemove: setLeaving,
        })}
        rows={teams.data}
        rowKey={(row) => row.id}
        error={teams.error}
        onRetry={() => void teams.refetch()}
        tall
        empty={
          <EmptyState
            title={t('teams.empty')}
            action={writes && <Button onClick={() => setOpen({})}>{t('teams.add')}</Button>}
          >
            {t('teams.empty_note')}
          </EmptyState>
        }
      />
      <Sheet
        open={open !== null}
        onClose={close}
        title={open?.team ? t('teams.change') : t('teams.add')}
        note={open?.team?.name}
      >
        {open && (
          <TeamForm {...(open.team ? { team: open.team } : {})} departments={departments.data ?? []} onDone={close} />
        )}
      </Sheet>
      <RemoveTeam team={leaving} onClose={() => setLeaving(null)} />
    </section>
  );
}

function columnsOf(props: {
  t: ReturnType<typeof useTranslation<'organisation'>>['t'];
  writes: boolean;
  departments: Department[];
  onOpen: (team: Team) => void;
  onRemove: (team: Team) => void;
}): Column<Team>[] {
  const { t } = props;
  return [
    {
      key: 'name',
      head: t('name'),
      names: true,
      cell: (row) => (
        <TwoLines
          main={row.name}
          sub={row.department ? pathOf(props.departments, row.department) : t('teams.no_department')}
        />
      ),
    },
    {
      key: 'members',
      head: t('teams.members'),
      cell: (row) => {
        const names = row.members.slice(0, SHOWN).map((one) => one.name);
        const more = row.members.length - names.length;
        return (
          <span className="text-ink-2">
            {names.length === 0 && t('teams.nobody')}
            {names.join(', ')}
            {more > 0 && ` ${t('teams.and_more', { count: more })}`}
          </span>
        );
      },
    },
    {
      key: 'more',
      head: <span className="sr-only">{t('common:more')}</span>,
      className: 'w-10',
      cell: (row) =>
        props.writes &&
        row.in_reach && (
          <MoreMenu label={t('more_of', { name: row.name })}>
            <MenuItem onSelect={() => props.onOpen(row)}>{t('teams.change')}</MenuItem>
            <MenuItem danger onSelect={() => props.onRemove(row)}>
              {t('teams.remove')}
            </MenuItem>
          </MoreMenu>
        ),
    },
  ];
}

function RemoveTeam({ team, onClose }: { team: Team | null; onClose: () => void }) {
  const { t } = useTranslation('organisation');
  const say = useProblemText();
  const remove = useRemoveTeam();
  return (
    <Confirm
      open={team !== null}
      onClose={onClose}
      title={t('teams.remove_title', { name: team?.name })}
      action={t('teams.remove')}
      busy={remove.isPending}
      error={remove.isError ? say(remove.error) : null}
      onConfirm={() =>
        team &&
        remove.mutate(team.id, {
          onSuccess: () => {
            toast(t('teams.removed', { name: team.name }));
            onClose();
          },
        })
      }
    >
      {t('teams.remove_text')}
    </Confirm>
  );
}
