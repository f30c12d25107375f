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
import { Invitations } from './invitations';
import { InviteForm } from './invite-form';
import { People } from './people';
import { useInvitations, useMembers, useSeats } from './queries';
import { SeatForm } from './seat-form';
import { Seats } from './seats';

type View = 'people' | 'seats' | 'invitations';

export function TeamPage() {
  const { t } = useTranslation('team');
  const me = useMe();
  const navigate = useNavigate();
  const search = useSearch({ strict: false }) as { tab?: View; seat?: string };
  const invites = can(me, 'invitations:write');
  const view = search.tab === 'seats' || (search.tab === 'invitations' && invites) ? search.tab : 'people';
  const members = useMembers();
  const seats = useSeats();
  const invitations = useInvitations(invites);
  const [inviting, setInviting] = useState(false);
  const [adding, setAdding] = useState(false);
  const go = (next: { tab?: View; seat?: string }) => void navigate({ to: '.', search: next as never });
  return (
    <Page
      title={t('title')}
      views={
        <Segments
          label={t('title')}
          value={view}
          onChange={(next) => go(next === 'people' ? {} : { tab: next })}
          options={[
            { value: 'people', label: t('people.tab'), count: members.data?.length },
            {
              value: 'seats',
              label: t('seats.tab'),
              count: seats.data?.filter((one) => one.state === 'active').length,
            },
            ...(invites
              ? [{ value: 'invitations' as const, label: t('invitations.tab'), count: invitations.data?.length }]
              : []),
          ]}
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
          {invites && view !== 'seats' && (
            <Button size="sm" look="primary" onClick={() => setInviting(true)}>
              <UserPlus aria-hidden className="size-4" />
              {t('invite.menu')}
            </Button>
          )}
        </>
      }
    >
      {view === 'people' && <People members={members} onInvite={() => setInviting(true)} />}
      {view === 'seats' && (
        <Seats
          seats={seats}
          open={search.seat ?? null}
          onOpen={(seat) => go(seat ? { tab: 'seats', seat } : { tab: 'seats' })}
          onAdd={() => setAdding(true)}
        />
      )}
      {view === 'invitations' && <Invitations invitations={invitations} onInvite={() => setInviting(true)} />}
      <Sheet open={inviting} onClose={() => setInviting(false)} title={t('invite.menu')}>
        <InviteForm onDone={() => setInviting(false)} />
      </Sheet>
      <Sheet open={adding} onClose={() => setAdding(false)} title={t('seats.add')} note={t('seats.add_note')}>
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
