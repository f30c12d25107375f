/** Every page of the product. */
import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  type RouteComponent,
} from '@tanstack/react-router';
import { allowed } from './app/allowed';
import { NotFound } from './app/not-found';
import { can, setsUp } from './can';
import { paths } from './paths';
import { ErrorState, PageSkeleton } from './ui/state';

/** Search words are kept as text: a token or a phone number is not to become a JavaScript number. */
const words = (search: Record<string, unknown>): Record<string, string> =>
  Object.fromEntries(Object.entries(search).map(([key, value]) => [key, String(value)]));

const root = createRootRoute({ component: Outlet, notFoundComponent: NotFound, validateSearch: words });

const outside = (path: string, component: RouteComponent) =>
  createRoute({ getParentRoute: () => root, path, component });

const inside = createRoute({
  getParentRoute: () => root,
  id: 'inside',
  component: lazyRouteComponent(() => import('./app/frame'), 'SignedIn'),
});
const page = (path: string, component: RouteComponent) =>
  createRoute({ getParentRoute: () => inside, path, component });

const operatorFrame = createRoute({
  getParentRoute: () => root,
  id: 'operator-inside',
  component: lazyRouteComponent(() => import('./features/operator/frame'), 'OperatorSignedIn'),
});
const operatorPage = (path: string, component: RouteComponent) =>
  createRoute({ getParentRoute: () => operatorFrame, path, component });

const tree = root.addChildren([
  outside(
    paths.signIn,
    lazyRouteComponent(() => import('./features/auth/sign-in'), 'SignInPage'),
  ),
  outside(
    paths.signUp,
    lazyRouteComponent(() => import('./features/auth/sign-up'), 'SignUpPage'),
  ),
  outside(
    paths.verifyEmail,
    lazyRouteComponent(() => import('./features/auth/verify-email'), 'VerifyEmailPage'),
  ),
  outside(
    paths.join,
    lazyRouteComponent(() => import('./features/auth/join'), 'JoinPage'),
  ),
  outside(
    paths.forgotPassword,
    lazyRouteComponent(() => import('./features/auth/forgot-password'), 'ForgotPasswordPage'),
  ),
  outside(
    paths.resetPassword,
    lazyRouteComponent(() => import('./features/auth/reset-password'), 'ResetPasswordPage'),
  ),
  outside(
    paths.operatorSignIn,
    lazyRouteComponent(() => import('./features/operator/sign-in'), 'OperatorSignInPage'),
  ),
  inside.addChildren([
    page(
      paths.home,
      lazyRouteComponent(() => import('./app/frame'), 'Home'),
    ),
    page(
      paths.setUp,
      allowed(
        'set_up',
        (me) => setsUp(me.role),
        lazyRouteComponent(() => import('./features/onboarding/page'), 'SetUpPage'),
      ),
    ),
    page(
      paths.desk,
      lazyRouteComponent(() => import('./features/desk/page'), 'DeskPage'),
    ),
    page(
      paths.dial,
      lazyRouteComponent(() => import('./features/desk/dial-page'), 'DialPage'),
    ),
    page(
      paths.calls,
      lazyRouteComponent(() => import('./features/calls/list'), 'CallsPage'),
    ),
    page(
      paths.callCauses,
      lazyRouteComponent(() => import('./features/calls/causes'), 'CausesPage'),
    ),
    page(
      paths.call('$id'),
      lazyRouteComponent(() => import('./features/calls/detail'), 'CallPage'),
    ),
    page(
      paths.voicemails,
      allowed(
        'voicemails',
        (me) => can(me, 'voicemails:read'),
        lazyRouteComponent(() => import('./features/voicemails/page'), 'VoicemailPage'),
      ),
    ),
    page(
      paths.callbacks,
      allowed(
        'callbacks',
        (me) => can(me, 'callbacks:read'),
        lazyRouteComponent(() => import('./features/callbacks/page'), 'CallbacksPage'),
      ),
    ),
    page(
      paths.surveys,
      allowed(
        'surveys',
        (me) => can(me, 'surveys:read'),
        lazyRouteComponent(() => import('./features/surveys/page'), 'SurveysPage'),
      ),
    ),
    page(
      paths.numbers,
      allowed(
        'numbers',
        (me) => can(me, 'numbers:read'),
        lazyRouteComponent(() => import('./features/numbers/page'), 'NumbersPage'),
      ),
    ),
    page(
      paths.prompts,
      allowed(
        'prompts',
        (me) => can(me, 'prompts:read'),
        lazyRouteComponent(() => import('./features/prompts/page'), 'PromptsPage'),
      ),
    ),
    page(
      paths.flows,
      allowed(
        'flows',
        (me) => can(me, 'flows:read'),
        lazyRouteComponent(() => import('./features/flows/list'), 'FlowsPage'),
      ),
    ),
    page(
      paths.flow('$id'),
      allowed(
        'flows',
        (me) => can(me, 'flows:read'),
        lazyRouteComponent(() => import('./features/flows/editor'), 'FlowPage'),
      ),
    ),
    page(
      paths.gatewayPorts,
      allowed(
        'gateway_ports',
        (me) => can(me, 'gateway_ports:read'),
        lazyRouteComponent(() => import('./features/gateway-ports/page'), 'GatewayPortsPage'),
      ),
    ),
    page(
      paths.rackGateway,
      allowed(
        'gateway_ports',
        (me) => can(me, 'gateway_ports:write'),
        lazyRouteComponent(() => import('./features/own-gateways/rack'), 'RackOwnGatewayPage'),
      ),
    ),
    page(
      paths.team,
      allowed(
        'team',
        (me) => can(me, 'members:read'),
        lazyRouteComponent(() => import('./features/team/page'), 'TeamPage'),
      ),
    ),
    page(
      paths.queues,
      allowed(
        'queues',
        (me) => can(me, 'queues:read'),
        lazyRouteComponent(() => import('./features/queues/page'), 'QueuesPage'),
      ),
    ),
    page(
      paths.apiKeys,
      allowed(
        'api_keys',
        (me) => can(me, 'api_keys:read'),
        lazyRouteComponent(() => import('./features/api-keys/page'), 'ApiKeysPage'),
      ),
    ),
    page(
      paths.webhooks,
      allowed(
        'webhooks',
        (me) => can(me, 'webhooks:read'),
        lazyRouteComponent(() => import('./features/webhooks/page'), 'WebhooksPage'),
      ),
    ),
    page(
      paths.webhook('$id'),
      allowed(
        'webhooks',
        (me) => can(me, 'webhooks:read'),
        lazyRouteComponent(() => import('./features/webhooks/one'), 'WebhookPage'),
      ),
    ),
    page(
      paths.events,
      allowed(
        'events',
        (me) => can(me, 'events:read'),
        lazyRouteComponent(() => import('./features/events/page'), 'EventsPage'),
      ),
    ),
    page(
      paths.reference,
      lazyRouteComponent(() => import('./features/reference/page'), 'ReferencePage'),
    ),
    page(
      paths.billing,
      allowed(
        'billing',
        (me) => can(me, 'billing:read'),
        lazyRouteComponent(() => import('./features/billing/page'), 'BillingPage'),
      ),
    ),
    page(
      paths.audit,
      allowed(
        'audit',
        (me) => can(me, 'audit:read'),
        lazyRouteComponent(() => import('./features/audit/page'), 'AuditPage'),
      ),
    ),
    page(
      paths.settings,
      lazyRouteComponent(() => import('./features/settings/page'), 'SettingsPage'),
    ),
  ]),
  operatorFrame.addChildren([
    operatorPage(
      paths.operator,
      lazyRouteComponent(() => import('./features/operator/overview'), 'OverviewPage'),
    ),
    operatorPage(
      paths.operatorGateways,
      lazyRouteComponent(() => import('./features/operator/gateways'), 'GatewaysPage'),
    ),
    operatorPage(
      paths.operatorNewGateway,
      lazyRouteComponent(() => import('./features/operator/rack/page'), 'RackGatewayPage'),
    ),
    operatorPage(
      paths.operatorGateway('$id'),
      lazyRouteComponent(() => import('./features/operator/gateway/page'), 'GatewayPage'),
    ),
    operatorPage(
      paths.operatorNumbers,
      lazyRouteComponent(() => import('./features/operator/numbers'), 'OperatorNumbersPage'),
    ),
    operatorPage(
      paths.operatorTenants,
      lazyRouteComponent(() => import('./features/operator/companies'), 'CompaniesPage'),
    ),
    operatorPage(
      paths.operatorUnrated,
      lazyRouteComponent(() => import('./features/operator/prices/unrated'), 'UnratedCallsPage'),
    ),
    operatorPage(
      paths.operatorPriceLists,
      lazyRouteComponent(() => import('./features/operator/prices/list'), 'PriceListsPage'),
    ),
    operatorPage(
      paths.operatorPriceList('$id'),
      lazyRouteComponent(() => import('./features/operator/prices/page'), 'PriceListPage'),
    ),
    operatorPage(
      paths.operatorSites,
      lazyRouteComponent(() => import('./features/operator/sites'), 'SitesPage'),
    ),
    operatorPage(
      paths.operatorLinks,
      lazyRouteComponent(() => import('./features/operator/pending-links'), 'PendingLinksPage'),
    ),
    operatorPage(
      paths.operatorMatch,
      lazyRouteComponent(() => import('./features/operator/match'), 'MatchPage'),
    ),
    operatorPage(
      paths.operatorJobs,
      lazyRouteComponent(() => import('./features/operator/jobs'), 'JobsPage'),
    ),
    operatorPage(
      paths.operatorAudit,
      lazyRouteComponent(() => import('./features/operator/audit'), 'OperatorAuditPage'),
    ),
    operatorPage(
      paths.operatorSystem,
      lazyRouteComponent(() => import('./features/operator/system'), 'SystemPage'),
    ),
    operatorPage(
      paths.operatorSettings,
      lazyRouteComponent(() => import('./features/operator/settings'), 'OperatorSettingsPage'),
    ),
  ]),
]);

export const router = createRouter({
  routeTree: tree,
  defaultPendingComponent: PageSkeleton,
  defaultPendingMs: 200,
  defaultErrorComponent: ({ error, reset }) => (
    <div className="p-6">
      <ErrorState error={error} onRetry={reset} />
    </div>
  ),
  // Plain query strings: /numbers?open=num_1 instead of quoted JSON.
  parseSearch: (text) => Object.fromEntries(new URLSearchParams(text)),
  stringifySearch: (search) => {
    const kept = Object.entries(search).filter((pair): pair is [string, string] => typeof pair[1] === 'string');
    const text = new URLSearchParams(kept).toString();
    return text ? `?${text}` : '';
  },
});
