import { useNavigate, useSearch } from '@tanstack/react-router';
import { Plus, UserPlus } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { can } from '../../can';
import { useMe } from '../../hooks';
import { Button } from '../../ui/button';
import { Sheet } from '../../ui/overlay';
import { Page } from '../../ui/page';
import { Segments } from '../../ui/tabs';
import { Departments } from './departments';
import { Invitations } from './invitations';
import { InviteForm } from './invite-form';
import { People } from './people';
import { useInvitations, useMembers, useSeats } from './queries';
import { Roles } from './roles';
import { SeatForm } from './seat-form';
import { Seats } from './seats';
import { Teams } from './teams';

type View = 'people' | 'seats' | 'invitations' | 'departments' | 'roles';

/** Begun anew when the palette asks for something on this very page. */
export function TeamPage() {
  const search = useSearch({ strict: false }) as { do?: string };
  return <Team key={search.do ?? ''} />;
}

function Team() {
  const { t } = useTranslation('team');
  const me = useMe();
  const navigate = useNavigate();
  const search = useSearch({ strict: false }) as { tab?: View; seat?: string; department?: string; do?: string };
  const invites = can(me, 'invitations:write');
  const views: View[] = [
    'people',
    'seats',
    ...(invites ? (['invitations'] as const) : []),
    ...(can(me, 'departments:read') ? (['departments'] as const) : []),
    ...(can(me, 'roles:read') ? (['roles'] as const) : []),
  ];
  const view = views.find((one) => one === search.tab) ?? 'people';
  const members = useMembers();
  const seats = useSeats();
  const invitations = useInvitations(invites);
  // The palette begins both from anywhere.
  const [inviting, setInviting] = useState(invites && search.do === 'invite');
  const [adding, setAdding] = useState(can(me, 'seats:write') && search.do === 'add');
  const go = (next: { tab?: View; seat?: string; department?: string }) =>
    void navigate({ to: '.', search: next as never });
  const close = () => {
    setInviting(false);
    setAdding(false);
    const { do: begun, ...kept } = search;
    // So that the palette can begin it again.
    if (begun) go(kept);
  };
  const counts: Partial<Record<View, number | undefined>> = {
    people: members.data?.length,
    seats: seats.data?.filter((one) => one.state === 'active').length,
    invitations: invitations.data?.length,
  };
  return (
    <Page
      title={t('title')}
      views={
        <Segments
          label={t('title')}
          value={view}
          onChange={(next) => go(next === 'people' ? {} : { tab: next })}
          options={views.map((value) => ({ value, label: t(`${value}.tab`), count: counts[value] }))}
        />
      }
      actions={
        <>
          {can(me, 'seats:write') && view === 'seats' && (
            <Button size="sm" look="primary" onClick={() => setAdding(true)}>
              <Plus aria-hidden className="size-4" />
              {t('seats.add')}
            </Button>
          )}
          {invites && (view === 'people' || view === 'invitations') && (
            <Button size="sm" look="primary" onClick={() => setInviting(true)}>
              <UserPlus aria-hidden className="size-4" />
              {t('invite.menu')}
            </Button>
          )}
        </>
      }
    >
      {view === 'people' && (
        <People
          members={members}
          department={search.department ?? null}
          onDepartment={(department) => go(department ? { department } : {})}
          onInvite={() => setInviting(true)}
        />
      )}
      {view === 'departments' && (
        <div className="grid items-start gap-6 xl:grid-cols-[minmax(320px,420px)_minmax(0,1fr)]">
          <Departments onPeople={(department) => go({ department })} />
          <Teams />
        </div>
      )}
      {view === 'roles' && <Roles />}
      {view === 'seats' && (
        <Seats
          seats={seats}
          open={search.seat ?? null}
          onOpen={(seat) => go(seat ? { tab: 'seats', seat } : { tab: 'seats' })}
          onAdd={() => setAdding(true)}
        />
      )}
      {view === 'invitations' && <Invitations invitations={invitations} onInvite={() => setInviting(true)} />}
      <Sheet open={inviting} onClose={close} title={t('invite.menu')}>
        <InviteForm onDone={close} />
      </Sheet>
      <Sheet open={adding} onClose={close} title={t('seats.add')} note={t('seats.add_note')}>
        <SeatForm
          onDone={(seat) => {
            setAdding(false);
            go({ tab: 'seats', seat });
          }}
        />
      </Sheet>
    </Page>
  );
}
