import { Link, useNavigate, useParams, useRouter, useSearch } from '@tanstack/react-router';
import { TriangleAlert } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Gateway, GatewayAccount } from '../../../api/types';
import { useNow } from '../../../hooks';
import { recently, time } from '../../../i18n/format';
import { useProblemText } from '../../../i18n/problems';
import { paths } from '../../../paths';
import { Badge } from '../../../ui/badge';
import { MenuItem, MenuLine, MoreMenu } from '../../../ui/menu';
import { Confirm, Dialog } from '../../../ui/overlay';
import { Fact, Facts, Page } from '../../../ui/page';
import { ErrorState, Note, PageSkeleton } from '../../../ui/state';
import { toast } from '../../../ui/toast';
import { profileLabel } from '../profile';
import {
  useChangeGateway,
  useGateway,
  useGatewayCredentials,
  useOperatorLiveCalls,
  useProfiles,
  useRemoveGateway,
} from '../queries';
import { AccountList } from '../rack/account-list';
import { CaptureCard } from './capture';
import { EditGateway } from './edit';
import { Inspector } from './inspector';
import { SuspendGateway } from './suspend';
import { GatewayUnit } from './unit';
import { needsAttention } from './view';
import { errorCode, errorWords, type Say } from './words';

/** One gateway: its face, the gateway port chosen on it, and what is known of the box. */
export function GatewayPage() {
  const { t } = useTranslation(['operator', 'desk']);
  const { id } = useParams({ strict: false }) as { id: string };
  const navigate = useNavigate();
  const search = useSearch({ strict: false }) as { port?: string };
  const gateway = useGateway(id);
  const calls = useOperatorLiveCalls();
  const now = useNow();
  const crumbs = [
    <Link key="all" to={paths.operatorGateways} className="hover:underline">
      {t('places.gateways')}
    </Link>,
  ];
  if (!gateway.data)
    return (
      <Page title={t('places.gateways')} crumbs={crumbs}>
        {gateway.isError ? (
          <ErrorState error={gateway.error} onRetry={() => void gateway.refetch()} />
        ) : (
          <PageSkeleton />
        )}
      </Page>
    );
  const box = gateway.data;
  const trouble = needsAttention([box]);
  const chosen =
    box.gateway_ports.find((port) => port.id === search.port) ??
    box.gateway_ports.find((port) => port.light === 'fault') ??
    box.gateway_ports[0] ??
    null;
  return (
    <Page
      title={box.label}
      crumbs={[...crumbs, box.site_name]}
      bleed
      className="flex"
      beside={
        trouble > 0 && (
          <Badge tone="warn">
            <TriangleAlert aria-hidden />
            {t('attention', { count: trouble })}
          </Badge>
        )
      }
      actions={
        <span className={`num text-13 ${gateway.isError ? 'text-warn' : 'text-ink-3'}`}>
          {t('common:as_of', { time: time(gateway.dataUpdatedAt) })}
        </span>
      }
    >
      <div className="grid min-h-full min-w-0 grow grid-cols-[minmax(0,1fr)_344px] max-lg:grid-cols-1">
        <div className="flex min-w-0 flex-col gap-4 p-6 max-md:p-4">
          <GatewayUnit
            gateway={box}
            calls={calls.data ?? []}
            now={now}
            selected={chosen?.id ?? null}
            onSelect={(port) => void navigate({ to: '.', search: { port } as never, replace: true })}
            titled={false}
            actions={<Deeds gateway={box} />}
          />
          {box.suspended && (
            <Note tone="bad" title={t('suspend.on')}>
              {box.suspended.reason}
            </Note>
          )}
          {box.circuit && Date.parse(box.circuit.until) > now && (
            <Note tone="warn" title={t('circuit.title', { count: box.circuit.failures })}>
              {t('circuit.text', { time: time(box.circuit.until) })}
            </Note>
          )}
          {box.last_error && (
            <Note
              tone={box.light === 'online' ? 'warn' : 'bad'}
              title={errorWords(box.last_error, t as Say).title}
              code={errorCode(box.last_error, recently(box.last_error.at, now))}
            >
              {errorWords(box.last_error, t as Say).text}
            </Note>
          )}
          <About gateway={box} />
          <CaptureCard id={box.id} label={box.label} now={now} />
        </div>
        {chosen && <Inspector key={chosen.id} gateway={box} port={chosen} calls={calls.data ?? []} now={now} />}
      </div>
    </Page>
  );
}

/** Its own address, else the one that it registered from. */
function addressOf({ host, udp_port, light_reason }: Gateway): string | null {
  if (host) return udp_port ? `${host}:${udp_port}` : host;
  return light_reason.contact?.replace(/^<?sips?:(?:[^@>]*@)?/i, '').replace(/[;>].*$/, '') ?? null;
}

function About({ gateway }: { gateway: Gateway }) {
  const { t } = useTranslation('operator');
  const profile = useProfiles().data?.find((one) => one.key === gateway.profile);
  return (
    <section className="rounded-lg border border-line bg-panel p-4">
      <h3 className="mb-2 text-13 font-semibold">{t('about.title')}</h3>
      <Facts className="sm:grid-cols-[minmax(96px,auto)_minmax(0,1fr)_minmax(96px,auto)_minmax(0,1fr)]">
        {gateway.company && <Fact name={t('about.company')}>{gateway.company}</Fact>}
        <Fact name={t('about.connection')}>{t(`connection.${gateway.connection}`)}</Fact>
        <Fact name={t('about.profile')}>{profile ? profileLabel(profile, t as Say) : gateway.profile}</Fact>
        <Fact name={t('about.address')}>
          <span className="break-all">{addressOf(gateway) ?? t('about.unknown')}</span>
        </Fact>
        <Fact name={t('about.transport')}>
          {gateway.transport.toUpperCase()}
          {gateway.srtp ? ', SRTP' : ''}
        </Fact>
        <Fact name={t('about.limits')}>
          {[
            gateway.max_calls && t('about.max_calls', { count: gateway.max_calls }),
            gateway.calls_per_second && t('about.per_second', { count: gateway.calls_per_second }),
          ]
            .filter(Boolean)
            .join(', ') || t('about.no_limits')}
        </Fact>
        <Fact name={t('about.user_agent')}>{gateway.user_agent ?? t('about.unknown')}</Fact>
        {(gateway.username || gateway.connection === 'registers_with_us') && (
          <Fact name={t('about.username')}>{gateway.username ?? t('about.per_port')}</Fact>
        )}
      </Facts>
    </section>
  );
}

function Deeds({ gateway }: { gateway: Gateway }) {
  const { t } = useTranslation('operator');
  const say = useProblemText();
  const router = useRouter();
  const fresh = useGatewayCredentials();
  const remove = useRemoveGateway();
  const change = useChangeGateway();
  const [asking, setAsking] = useState<'credentials' | 'remove' | 'suspend' | null>(null);
  const [editing, setEditing] = useState(false);
  const [accounts, setAccounts] = useState<GatewayAccount[] | null>(null);
  return (
    <>
      <MoreMenu label={t('deeds.more', { gateway: gateway.label })}>
        <MenuItem onSelect={() => setEditing(true)}>{t('deeds.edit')}</MenuItem>
        {gateway.connection === 'registers_with_us' && !gateway.company && (
          <MenuItem onSelect={() => setAsking('credentials')}>{t('deeds.credentials')}</MenuItem>
        )}
        <MenuLine />
        {!gateway.company ? (
          <MenuItem danger onSelect={() => setAsking('remove')}>
            {t('deeds.remove')}
          </MenuItem>
        ) : gateway.suspended ? (
          <MenuItem onSelect={() => change.mutate({ id: gateway.id, suspended: false })}>
            {t('suspend.resume')}
          </MenuItem>
        ) : (
          <MenuItem danger onSelect={() => setAsking('suspend')}>
            {t('suspend.menu')}
          </MenuItem>
        )}
      </MoreMenu>
      {asking === 'suspend' && <SuspendGateway gateway={gateway} onClose={() => setAsking(null)} />}
      <EditGateway gateway={editing ? gateway : null} onClose={() => setEditing(false)} />
      <Confirm
        open={asking === 'credentials'}
        onClose={() => setAsking(null)}
        title={t('deeds.credentials_title')}
        action={t('deeds.credentials')}
        busy={fresh.isPending}
        error={fresh.isError ? say(fresh.error) : null}
        onConfirm={() =>
          fresh.mutate(gateway.id, {
            onSuccess: (made) => {
              setAsking(null);
              setAccounts(made.credentials);
            },
          })
        }
      >
        {t('deeds.credentials_text')}
      </Confirm>
      <Confirm
        open={asking === 'remove'}
        onClose={() => setAsking(null)}
        title={t('deeds.remove_title', { gateway: gateway.label })}
        action={t('deeds.remove')}
        busy={remove.isPending}
        typed={{ word: gateway.label, label: t('deeds.remove_type', { gateway: gateway.label }) }}
        error={remove.isError ? say(remove.error) : null}
        onConfirm={() =>
          remove.mutate(gateway.id, {
            onSuccess: () => {
              toast(t('deeds.removed', { gateway: gateway.label }));
              void router.navigate({ to: paths.operatorGateways });
            },
          })
        }
      >
        {t('deeds.remove_text')}
      </Confirm>
      <Dialog wide open={accounts !== null} onClose={() => setAccounts(null)} title={t('rack.accounts')}>
        {accounts && <AccountList accounts={accounts} />}
      </Dialog>
    </>
  );
}
