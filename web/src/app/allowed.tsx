/** Keeps people off pages that their role cannot use, and says who can. The server decides again. */
import { Link, type RouteComponent } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { Me } from '../api/types';
import { useMe } from '../hooks';
import { paths } from '../paths';
import { buttonClass } from '../ui/button';
import { Page } from '../ui/page';
import { EmptyState } from '../ui/state';

export type PlaceKey =
  | 'set_up'
  | 'voicemails'
  | 'surveys'
  | 'callbacks'
  | 'numbers'
  | 'prompts'
  | 'gateway_ports'
  | 'team'
  | 'queues'
  | 'flows'
  | 'api_keys'
  | 'webhooks'
  | 'events'
  | 'billing'
  | 'audit';

function Allowed(props: { place: PlaceKey; may: (me: Me) => boolean; children: ReactNode }) {
  const { t } = useTranslation();
  const me = useMe();
  if (props.may(me)) return props.children;
  return (
    <Page title={t(`places.${props.place}`)}>
      <EmptyState
        title={t('not_for_you.title')}
        action={
          <Link to={paths.desk} className={buttonClass({ look: 'primary' })}>
            {t('not_for_you.desk')}
          </Link>
        }
      >
        {t('not_for_you.text', { role: t(`roles.${me.role}`) })}
      </EmptyState>
    </Page>
  );
}

/** The page for those who may, a friendly word for the others. */
export function allowed(place: PlaceKey, may: (me: Me) => boolean, Component: RouteComponent): RouteComponent {
  return () => (
    <Allowed place={place} may={may}>
      <Component />
    </Allowed>
  );
}
