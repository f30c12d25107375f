/** The operator's frame, with a session of its own. */
import { Navigate, Outlet, useRouter } from '@tanstack/react-router';
import {
  Activity,
  BadgeDollarSign,
  Building2,
  Hash,
  LayoutGrid,
  Link2,
  ListTodo,
  LogOut,
  MapPin,
  Route,
  ScrollText,
  Server,
  SlidersHorizontal,
} from 'lucide-react';
import { Suspense, useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { operatorSession } from '../../api/session';
import { PreferenceChoices } from '../../app/preferences';
import { type Place, Shell } from '../../app/shell';
import { useOperator, useOperatorSession } from '../../hooks';
import { paths } from '../../paths';
import { usePrices } from '../../prices';
import { Avatar } from '../../ui/badge';
import { Menu, MenuHead, MenuItem, MenuLine } from '../../ui/menu';
import { ErrorState, PageSkeleton } from '../../ui/state';
import { FirstPassword } from './first-password';
import { useGateways, useJobFigures, useOverview, usePendingLinks } from './queries';

export function OperatorSignedIn() {
  const state = useOperatorSession();
  useEffect(() => {
    if (state.kind === 'unknown') void operatorSession.refresh().catch(() => undefined);
  }, [state.kind]);
  if (state.kind === 'unknown') return <PageSkeleton />;
  if (state.kind === 'signed_out') return <Navigate to={paths.operatorSignIn} replace />;
  if (state.kind === 'unreachable')
    return (
      <div className="grid min-h-dvh place-items-center p-6">
        <ErrorState error={state.problem} onRetry={() => void operatorSession.refresh().catch(() => undefined)} />
      </div>
    );
  if (state.me.must_change_password) return <FirstPassword />;
  return <Frame />;
}

function Frame() {
  const { t } = useTranslation('operator');
  const gateways = useGateways();
  const overview = useOverview();
  const jobs = useJobFigures();
  const links = usePendingLinks();
  const prices = usePrices();
  const places: Place[] = [
    { to: paths.operator, label: t('places.overview'), icon: LayoutGrid, exact: true },
    { to: paths.operatorTenants, label: t('places.companies'), icon: Building2, count: overview.data?.tenants },
    { to: paths.operatorGateways, label: t('places.gateways'), icon: Server, count: gateways.data?.length },
    { to: paths.operatorNumbers, label: t('places.numbers'), icon: Hash },
    ...(prices ? [{ to: paths.operatorPriceLists, label: t('places.prices'), icon: BadgeDollarSign }] : []),
    { to: paths.operatorSites, label: t('places.sites'), icon: MapPin },
    {
      to: paths.operatorLinks,
      label: t('places.links'),
      icon: Link2,
      count: links.data && links.data.length > 0 ? links.data.length : undefined,
    },
    { to: paths.operatorMatch, label: t('places.match'), icon: Route, minor: true },
    {
      to: paths.operatorJobs,
      label: t('places.jobs'),
      icon: ListTodo,
      minor: true,
      count: jobs.data && jobs.data.dead > 0 ? jobs.data.dead : undefined,
    },
    { to: paths.operatorAudit, label: t('places.audit'), icon: ScrollText },
    { to: paths.operatorSystem, label: t('places.system'), icon: Activity },
    { to: paths.operatorSettings, label: t('places.settings'), icon: SlidersHorizontal },
  ];
  return (
    <Shell
      places={places}
      workspace={
        <div className="flex h-9 items-center gap-2 rounded-md border border-line bg-panel px-2 text-13 font-medium max-xl:justify-center">
          <Server aria-hidden className="size-3.5 shrink-0 text-ink-2" />
          <span className="truncate max-xl:sr-only">{t('operator')}</span>
        </div>
      }
      tail={<Account />}
    >
      <Suspense fallback={<PageSkeleton />}>
        <Outlet />
      </Suspense>
    </Shell>
  );
}

function Account() {
  const { t } = useTranslation('operator');
  const me = useOperator();
  const router = useRouter();
  return (
    <Menu
      trigger={
        <button type="button" aria-label={t('common:account')} title={me.email} className="rounded-full">
          <Avatar name={me.email} />
        </button>
      }
    >
      <MenuHead>
        <p className="font-medium">{t('operator')}</p>
        <p className="text-12 text-ink-3">{me.email}</p>
      </MenuHead>
      <MenuLine />
      <PreferenceChoices />
      <MenuLine />
      <MenuItem onSelect={() => void router.navigate({ to: paths.operatorSettings })}>{t('places.settings')}</MenuItem>
      <MenuItem onSelect={() => void operatorSession.signOut()}>
        <LogOut aria-hidden className="size-4 text-ink-3" />
        {t('common:sign_out')}
      </MenuItem>
    </Menu>
  );
}
