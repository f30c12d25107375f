/** The frame of a company's members: only rendered with someone signed in. */
import { useMutation, useQuery } from '@tanstack/react-query';
import { Navigate, Outlet, useRouter, useRouterState } from '@tanstack/react-router';
import {
  AudioLines,
  Building2,
  Cable,
  ChevronsUpDown,
  Code,
  Hash,
  Headset,
  ListChecks,
  ListOrdered,
  LogOut,
  Phone,
  PhoneOutgoing,
  Receipt,
  ScrollText,
  SlidersHorizontal,
  Star,
  Users,
  Voicemail,
  WifiOff,
  Workflow,
} from 'lucide-react';
import { lazy, Suspense, useEffect, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, ok } from '../api/client';
import { live } from '../api/live';
import { followFeed, keys, queryClient } from '../api/query';
import { session } from '../api/session';
import { can, setsUp } from '../can';
import { StateSwitch } from '../features/agents/state-switch';
import { PhoneMount } from '../features/desk/phone-mount';
import { SupportBanner } from '../features/support/banner';
import { reloadMe } from '../features/team/queries';
import { useVoicemailSummary } from '../features/voicemails/queries';
import { useLiveState, useMe, useSession, useSlow } from '../hooks';
import { chooseLanguage } from '../i18n';
import { LANGUAGES, storedLanguage } from '../i18n/languages';
import { paths } from '../paths';
import { usePrices } from '../prices';
import { Avatar, Badge } from '../ui/badge';
import { Menu, MenuChoice, MenuHead, MenuItem, MenuLine } from '../ui/menu';
import { ErrorState, PageSkeleton } from '../ui/state';
import { Palette, PaletteButton } from './palette';
import { PreferenceChoices } from './preferences';
import { type Place, Shell } from './shell';

const PhoneDock = lazy(() => import('../features/desk/dock'));

/** Asks for the session once, then shows the frame, the sign-in page, or why neither is possible. */
export function SignedIn() {
  const state = useSession();
  const here = useRouterState({ select: (router) => router.location.href });
  // While the sign-in page is on its way this is still shown: where it was must not become "on the way to sign in", and again.
  const [wanted, setWanted] = useState(here);
  if (here !== wanted && !here.startsWith(paths.signIn)) setWanted(here);
  const next = useMemo(() => (wanted === '/' ? {} : { next: wanted }), [wanted]);
  useEffect(() => {
    if (state.kind === 'unknown') void session.refresh().catch(() => undefined);
  }, [state.kind]);
  if (state.kind === 'unknown') return <PageSkeleton />;
  if (state.kind === 'signed_out') return <Navigate to={paths.signIn} search={next} replace />;
  if (state.kind === 'unreachable')
    return (
      <div className="grid min-h-dvh place-items-center p-6">
        <ErrorState error={state.problem} onRetry={() => void session.refresh().catch(() => undefined)} />
      </div>
    );
  if (state.me.lacks_second_factor && !here.startsWith(paths.settings)) return <Navigate to={paths.settings} replace />;
  return <Frame key={state.me.company.id} />;
}

/** Changes of these may be changes of one's own name, seat, role or company. */
const ABOUT_ME = new Set(['seat', 'member', 'user', 'company']);

function Frame() {
  const me = useMe();
  // A browser that never chose speaks the person's own language.
  useEffect(() => {
    const own = LANGUAGES.find((one) => one.code === me.user.locale);
    if (own && !storedLanguage()) void chooseLanguage(own.code);
  }, [me.user.locale]);
  useEffect(() => {
    live.start();
    const stopFollowing = followFeed();
    const stopMe = live.onFrame((frame) => {
      if (frame.type === 'resync' || (frame.type === 'event' && ABOUT_ME.has(frame.event.entity)))
        void reloadMe().catch(() => undefined);
    });
    const hurry = () => live.hurry();
    addEventListener('online', hurry);
    return () => {
      removeEventListener('online', hurry);
      stopFollowing();
      stopMe();
      live.stop();
      queryClient.clear();
    };
  }, []);
  const places = usePlaces();
  return (
    <PhoneMount>
      <Shell
        places={places}
        workspace={<CompanySwitcher />}
        tail={<Tail />}
        banner={<SupportBanner me={me} />}
        dock={
          <Suspense fallback={null}>
            <PhoneDock />
          </Suspense>
        }
      >
        <Suspense fallback={<PageSkeleton />}>
          <Outlet />
        </Suspense>
        <Palette places={places} />
      </Shell>
    </PhoneMount>
  );
}

export function useOnboarding(enabled = true) {
  return useQuery({ queryKey: keys.onboarding, queryFn: () => ok(api.GET('/v1/onboarding')), enabled });
}

function usePlaces(): Place[] {
  const { t } = useTranslation();
  const me = useMe();
  const owner = setsUp(me.role);
  const prices = usePrices();
  const onboarding = useOnboarding(owner);
  const messages = useVoicemailSummary();
  const left = onboarding.data?.steps.filter((one) => !one.done && !one.skipped).length;
  const places: (Place | false)[] = [
    owner &&
      onboarding.data?.finished === false && {
        to: paths.setUp,
        label: t('places.set_up'),
        icon: ListChecks,
        count: left,
      },
    { to: paths.desk, label: t('places.desk'), icon: Headset },
    { to: paths.calls, label: t('places.calls'), icon: Phone },
    can(me, 'voicemails:read') && {
      to: paths.voicemails,
      label: t('places.voicemails'),
      icon: Voicemail,
      count: messages.data?.mine_new || undefined,
      minor: true,
    },
    can(me, 'callbacks:read') && {
      to: paths.callbacks,
      label: t('places.callbacks'),
      icon: PhoneOutgoing,
      minor: true,
    },
    can(me, 'surveys:read') && { to: paths.surveys, label: t('places.surveys'), icon: Star, minor: true },
    can(me, 'flows:read') && { to: paths.flows, label: t('places.flows'), icon: Workflow, minor: true },
    can(me, 'numbers:read') && { to: paths.numbers, label: t('places.numbers'), icon: Hash },
    can(me, 'gateway_ports:read') && {
      to: paths.gatewayPorts,
      label: t('places.gateway_ports'),
      icon: Cable,
      minor: true,
    },
    can(me, 'prompts:read') && { to: paths.prompts, label: t('places.prompts'), icon: AudioLines, minor: true },
    can(me, 'queues:read') && { to: paths.queues, label: t('places.queues'), icon: ListOrdered, minor: true },
    can(me, 'members:read') && { to: paths.team, label: t('places.team'), icon: Users },
    (can(me, 'api_keys:read') || can(me, 'events:read')) && {
      to: can(me, 'api_keys:read') ? paths.apiKeys : paths.events,
      label: t('places.developers'),
      icon: Code,
      minor: true,
    },
    prices && can(me, 'billing:read') && { to: paths.billing, label: t('places.billing'), icon: Receipt, minor: true },
    can(me, 'audit:read') && { to: paths.audit, label: t('places.audit'), icon: ScrollText, minor: true },
    { to: paths.settings, label: t('places.settings'), icon: SlidersHorizontal },
  ];
  return places.filter((place): place is Place => place !== false);
}

function CompanySwitcher() {
  const { t } = useTranslation();
  const me = useMe();
  const router = useRouter();
  const change = useMutation({
    mutationFn: (tenant: string) => ok(api.POST('/v1/session/switch', { body: { tenant } })),
    onSuccess: (grant) => {
      session.accept(grant, true);
      void router.navigate({ to: paths.home });
    },
  });
  const face = (
    <button
      type="button"
      title={me.company.name}
      className="flex h-9 w-full items-center gap-2 rounded-md border border-line bg-panel px-2 text-left text-13 font-medium hover:bg-hover max-xl:justify-center"
    >
      <Building2 aria-hidden className="size-3.5 shrink-0 text-ink-2" />
      <span className="min-w-0 grow truncate max-xl:sr-only">{me.company.name}</span>
      <ChevronsUpDown aria-hidden className="size-3.5 shrink-0 text-ink-3 max-xl:hidden" />
    </button>
  );
  return (
    <Menu trigger={face} align="start">
      <MenuChoice
        label={t('company')}
        value={me.company.id}
        onChange={(tenant) => tenant !== me.company.id && change.mutate(tenant)}
        options={me.memberships.map((one) => ({ value: one.tenant, label: one.company }))}
      />
      <MenuLine />
      <MenuItem onSelect={() => void router.navigate({ to: paths.settings, search: { tab: 'company' } })}>
        {t('company_settings')}
      </MenuItem>
    </Menu>
  );
}

function Tail() {
  return (
    <>
      <Connection />
      <StateSwitch />
      <PaletteButton />
      <Account />
    </>
  );
}

/** Silent while all is well; says so when the feed is lost and figures may be old. */
function Connection() {
  const { t } = useTranslation();
  const lost = useSlow(useLiveState() === 'lost', 1500);
  if (!lost) return null;
  return (
    <Badge tone="warn">
      <WifiOff aria-hidden />
      <span role="status" className="max-md:sr-only">
        {t('feed_lost')}
      </span>
    </Badge>
  );
}

function Account() {
  const { t } = useTranslation();
  const me = useMe();
  const router = useRouter();
  return (
    <Menu
      trigger={
        <button type="button" aria-label={t('account')} title={me.user.name} className="rounded-full">
          <Avatar name={me.user.name} />
        </button>
      }
    >
      <MenuHead>
        <p className="font-medium">{me.user.name}</p>
        <p className="text-12 text-ink-3">{me.user.email}</p>
        <p className="text-12 text-ink-3">
          {t(`roles.${me.role}`)}
          {me.seat ? ` · ${t('extension_n', { extension: me.seat.extension })}` : ''}
        </p>
      </MenuHead>
      <MenuLine />
      <MenuItem onSelect={() => void router.navigate({ to: paths.settings })}>{t('profile')}</MenuItem>
      <MenuLine />
      <PreferenceChoices />
      <MenuLine />
      <MenuItem onSelect={() => void session.signOut()}>
        <LogOut aria-hidden className="size-4 text-ink-3" />
        {t('sign_out')}
      </MenuItem>
    </Menu>
  );
}

/** Where the front door leads: owners finish setting up first, everyone else works. */
export function Home() {
  const me = useMe();
  const owner = setsUp(me.role);
  const onboarding = useOnboarding(owner);
  if (owner && onboarding.isPending) return <PageSkeleton />;
  return <Navigate to={owner && onboarding.data && !onboarding.data.finished ? paths.setUp : paths.desk} replace />;
}
