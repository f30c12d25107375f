import { Plus } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Department } from '../../api/types';
import { can } from '../../can';
import { useMe } from '../../hooks';
import { useProblemText } from '../../i18n/problems';
import { Button } from '../../ui/button';
import { MenuItem, MenuLine, MoreMenu } from '../../ui/menu';
import { Confirm, Sheet } from '../../ui/overlay';
import { Card } from '../../ui/page';
import { EmptyState, ErrorState, Skeleton } from '../../ui/state';
import { toast } from '../../ui/toast';
import { DepartmentForm } from './department-form';
import { useDepartments, useRemoveDepartment } from './organisation-queries';
import { inOrder, pathOf } from './tree';

/** What the form is open for: a new one below somebody, or one that is there. */
type Open = { parent: string | null } | { department: Department };

/** Steps of the tree, written out so that the style sheet has them. */
const INDENT = ['pl-4', 'pl-9', 'pl-14', 'pl-19', 'pl-24', 'pl-29', 'pl-34', 'pl-39'];

/** The tree of departments. */
export function Departments({ onPeople }: { onPeople: (department: string) => void }) {
  const { t } = useTranslation('organisation');
  const me = useMe();
  const departments = useDepartments();
  const [open, setOpen] = useState<Open | null>(null);
  const [leaving, setLeaving] = useState<Department | null>(null);
  const writes = can(me, 'departments:write');
  const rows = inOrder(departments.data ?? []);
  const close = () => setOpen(null);
  const adds = writes && me.scope === 'all';
  return (
    <Card
      title={t('departments.title')}
      note={t('departments.note')}
      actions={
        adds && (
          <Button size="sm" onClick={() => setOpen({ parent: null })}>
            <Plus aria-hidden className="size-4" />
            {t('departments.add')}
          </Button>
        )
      }
    >
      {departments.isError && !departments.data && (
        <ErrorState error={departments.error} onRetry={() => void departments.refetch()} className="m-4" />
      )}
      {departments.isPending && <Skeleton className="m-4 w-40" />}
      {departments.data?.length === 0 && (
        <EmptyState
          title={t('departments.empty')}
          action={adds && <Button onClick={() => setOpen({ parent: null })}>{t('departments.add')}</Button>}
        >
          {t('departments.empty_note')}
        </EmptyState>
      )}
      {rows.length > 0 && (
        <ul aria-label={t('departments.title')}>
          {rows.map(({ department, depth }) => (
            <li
              key={department.id}
              className={`flex min-h-11 items-center gap-2 border-line pr-2 not-first:border-t ${INDENT[depth] ?? 'pl-39'}`}
            >
              <span className="min-w-0 grow truncate text-13 font-medium">
                {depth > 0 && <span className="sr-only">{pathOf(departments.data ?? [], department.id)}: </span>}
                {department.name}
              </span>
              <Button
                size="xs"
                look="ghost"
                onClick={() => onPeople(department.id)}
                aria-label={t('departments.people_of', { name: department.name, count: department.members })}
              >
                <span className="num">{t('departments.people', { count: department.members })}</span>
              </Button>
              {writes && department.in_reach ? (
                <MoreMenu label={t('more_of', { name: department.name })}>
                  <MenuItem onSelect={() => setOpen({ department })}>{t('departments.change')}</MenuItem>
                  <MenuItem onSelect={() => setOpen({ parent: department.id })}>{t('departments.add_below')}</MenuItem>
                  <MenuLine />
                  <MenuItem danger onSelect={() => setLeaving(department)}>
                    {t('departments.remove')}
                  </MenuItem>
                </MoreMenu>
              ) : (
                writes && <span className="size-8" />
              )}
            </li>
          ))}
        </ul>
      )}
      <Sheet
        open={open !== null}
        onClose={close}
        title={open && 'department' in open ? t('departments.change') : t('departments.add')}
        note={open && 'department' in open ? open.department.name : undefined}
      >
        {open && <DepartmentForm {...open} departments={departments.data ?? []} onDone={close} />}
      </Sheet>
      <RemoveDepartment department={leaving} all={departments.data ?? []} onClose={() => setLeaving(null)} />
    </Card>
  );
}

function RemoveDepartment(props: { department: Department | null; all: Department[]; onClose: () => void }) {
  const { t } = useTranslation('organisation');
  const say = useProblemText();
  const remove = useRemoveDepartment();
  const { department } = props;
  const above = props.all.find((one) => one.id === department?.parent);
  return (
    <Confirm
      open={department !== null}
      onClose={props.onClose}
      title={t('departments.remove_title', { name: department?.name })}
      action={t('departments.remove')}
      busy={remove.isPending}
      error={remove.isError ? say(remove.error) : null}
      onConfirm={() =>
        department &&
        remove.mutate(department.id, {
          onSuccess: () => {
            toast(t('departments.removed', { name: department.name }));
            props.onClose();
          },
        })
      }
    >
      {above ? t('departments.remove_up', { name: above.name }) : t('departments.remove_top')}
    </Confirm>
  );
}
