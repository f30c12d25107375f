/** The cache of server answers, and which of them an event makes old. */
import { QueryClient } from '@tanstack/react-query';
import { type Frame, live } from './live';
import { Problem } from './problem';

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 15_000,
      // A refusal does not change by asking again; a lost connection may.
      retry: (count, thrown) =>
        count < 2 && (!(thrown instanceof Problem) || thrown.status === 0 || thrown.status >= 500),
      retryDelay: (count) => 400 * 2 ** count,
      refetchOnWindowFocus: true,
    },
    mutations: { retry: false },
  },
});

/** Cache keys by noun; the first word is what `touched` names. */
export const keys = {
  status: ['status'] as const,
  company: ['company'] as const,
  singleSignOn: ['company', 'single-sign-on'] as const,
  onboarding: ['onboarding'] as const,
  numbers: ['numbers'] as const,
  numberShop: (filter: object) => ['number-shop', filter] as const,
  callerRules: ['caller-rules'] as const,
  numbersReleased: ['number-waiting', 'released'] as const,
  numbersPorting: ['number-waiting', 'porting'] as const,
  numberHistory: (id: string) => ['numbers', 'history', id] as const,
  flows: ['flows'] as const,
  flow: (id: string) => ['flows', 'one', id] as const,
  flowVersions: (id: string) => ['flows', 'versions', id] as const,
  flowVersion: (id: string) => ['flow-version', id] as const,
  flowSimulation: (id: string, draft: number, script: object) => ['flow-simulation', id, draft, script] as const,
  gatewayPorts: ['gateway-ports'] as const,
  ownGateways: ['own-gateways'] as const,
  ownGateway: (id: string) => ['own-gateways', id] as const,
  ownSites: ['own-sites'] as const,
  gatewayProfiles: ['gateway-profiles'] as const,
  numberCheck: (id: string) => ['number-checks', id] as const,
  gatewayPortShop: ['gateway-port-shop'] as const,
  members: ['members'] as const,
  views: (list: string) => ['views', list] as const,
  prompts: ['prompts'] as const,
  speech: ['speech'] as const,
  recordings: (call: string) => ['recordings', call] as const,
  voicemails: (filter: object) => ['voicemails', filter] as const,
  voicemailSummary: ['voicemail-summary'] as const,
  callbacks: (filter: object) => ['callbacks', filter] as const,
  surveySummary: (filter: object) => ['survey-summary', filter] as const,
  recordingPolicy: ['recording-policy'] as const,
  departments: ['departments'] as const,
  teams: ['teams'] as const,
  roles: ['roles'] as const,
  queues: ['queues'] as const,
  queueLive: ['queue-live'] as const,
  agents: ['agents'] as const,
  myAgent: ['my-agent'] as const,
  skills: ['skills'] as const,
  reasonCodes: ['reason-codes'] as const,
  dispositions: ['dispositions'] as const,
  sessions: ['sessions'] as const,
  invitations: ['invitations'] as const,
  seats: ['seats'] as const,
  seatTokens: (seat: string) => ['seat-tokens', seat] as const,
  audit: (book: string, filter: object) => ['audit', book, filter] as const,
  apiKeys: (filter: object) => ['api-keys', filter] as const,
  webhooks: (filter: object) => ['webhooks', filter] as const,
  webhook: (id: string) => ['webhooks', 'one', id] as const,
  deliveries: (id: string, filter: object) => ['webhooks', 'deliveries', id, filter] as const,
  delivery: (id: string) => ['webhooks', 'delivery', id] as const,
  events: (filter: object) => ['events', filter] as const,
  eventTypes: ['event-types'] as const,
  calls: (filter: object) => ['calls', filter] as const,
  call: (id: string) => ['calls', 'one', id] as const,
  callLadder: (id: string) => ['calls', 'ladder', id] as const,
  callCauses: ['call-causes'] as const,
  liveCalls: ['live-calls'] as const,
  softphone: ['softphone'] as const,
  parked: ['parked-calls'] as const,
  lab: ['lab'] as const,
  capacity: ['capacity'] as const,
  billing: ['billing'] as const,
  charges: (filter: object) => ['billing', 'charges', filter] as const,
  statement: ['billing', 'statement'] as const,
  caps: ['billing', 'caps'] as const,
  operator: {
    overview: ['operator', 'overview'] as const,
    sites: ['operator', 'sites'] as const,
    profiles: ['operator', 'profiles'] as const,
    gateways: ['operator', 'gateways'] as const,
    gateway: (id: string) => ['operator', 'gateways', id] as const,
    sim: (id: string) => ['operator', 'gateways', 'sim', id] as const,
    capture: (id: string) => ['operator', 'gateways', 'capture', id] as const,
    account: (id: string) => ['operator', 'tenants', 'account', id] as const,
    unrated: ['operator', 'unrated-calls'] as const,
    priceLists: ['operator', 'price-lists'] as const,
    priceList: (id: string) => ['operator', 'price-lists', id] as const,
    rates: (id: string, search: string) => ['operator', 'price-lists', 'rates', id, search] as const,
    comparison: (id: string, other: string) => ['operator', 'price-lists', 'comparison', id, other] as const,
    numbers: (filter: object) => ['operator', 'numbers', filter] as const,
    numberHistory: (id: string) => ['operator', 'numbers', 'history', id] as const,
    tenants: (filter: object) => ['operator', 'tenants', filter] as const,
    tenant: (id: string) => ['operator', 'tenants', 'one', id] as const,
    support: (id: string) => ['operator', 'tenants', 'support', id] as const,
    jobs: (state: string | null) => ['operator', 'jobs', state] as const,
    jobFigures: ['operator', 'job-figures'] as const,
    imports: ['operator', 'imports'] as const,
    pendingLinks: ['operator', 'pending-links'] as const,
    liveCalls: ['operator', 'live-calls'] as const,
    system: ['operator', 'system'] as const,
    ladder: (id: string) => ['operator', 'ladder', id] as const,
  },
};

const TOUCHED: Record<string, string[]> = {
  number: [
    'numbers',
    'number-shop',
    'number-waiting',
    'seats',
    'softphone',
    'onboarding',
    'gateway-ports',
    'own-gateways',
    'flows',
  ],
  account: ['billing'],
  caller_rule: ['caller-rules'],
  flow: ['flows', 'numbers'],
  site: ['own-sites', 'own-gateways'],
  gateway: ['own-gateways', 'gateway-ports'],
  number_check: ['number-checks'],
  gateway_port: ['gateway-ports', 'gateway-port-shop', 'numbers'],
  seat: ['seats', 'members', 'numbers', 'softphone', 'onboarding', 'agents', 'my-agent'],
  device: ['seats', 'softphone'],
  member: ['members', 'seats', 'softphone', 'api-keys', 'departments', 'teams', 'roles', 'queues', 'skills'],
  role: ['roles', 'members', 'invitations'],
  department: ['departments', 'teams', 'members'],
  team: ['teams', 'members'],
  prompt: ['prompts'],
  speech: ['speech'],
  queue: ['queues', 'queue-live', 'softphone', 'dispositions', 'agents', 'my-agent'],
  agent: ['agents', 'my-agent', 'queue-live'],
  skill: ['skills', 'queues'],
  reason_code: ['reason-codes', 'agents', 'my-agent'],
  disposition: ['dispositions'],
  recording: ['recordings', 'voicemails', 'voicemail-summary'],
  voicemail: ['voicemails', 'voicemail-summary'],
  callback: ['callbacks'],
  recording_policy: ['recording-policy'],
  invitation: ['invitations', 'members', 'onboarding'],
  call: ['calls', 'live-calls', 'capacity', 'onboarding', 'parked-calls'],
  company: ['company', 'onboarding'],
  api_key: ['api-keys', 'seat-tokens'],
  seat_token: ['seat-tokens'],
  webhook: ['webhooks'],
  tenant: ['company', 'capacity'],
  onboarding: ['onboarding'],
  user: ['members', 'onboarding'],
};

/** The first words of the cache keys that a frame makes old; null means all of them. */
export function touched(frame: Frame): string[] | null {
  switch (frame.type) {
    case 'event':
      return TOUCHED[frame.event.entity] ?? [];
    case 'call':
      return ['live-calls', 'capacity', 'gateway-ports', ...(frame.kind === 'ended' ? ['calls'] : [])];
    case 'device':
      return ['seats', 'softphone', 'agents'];
    case 'queues':
      return ['queue-live'];
    case 'resync':
      return null;
    case 'snapshot':
      return ['live-calls', 'capacity'];
    case 'answer':
    case 'hello':
    case 'cursor':
      return [];
  }
}

/** Keeps the cache true to the feed; returns how to stop. */
export function followFeed(client: QueryClient = queryClient): () => void {
  return live.onFrame((frame) => {
    const nouns = touched(frame);
    if (nouns === null) void client.invalidateQueries();
    else for (const noun of nouns) void client.invalidateQueries({ queryKey: [noun] });
  });
}
