import { Link } from '@tanstack/react-router';
import { Plus } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Schemas } from '../../api/types';
import { can } from '../../can';
import { useMe } from '../../hooks';
import { phone } from '../../i18n/format';
import { useProblemText } from '../../i18n/problems';
import { paths } from '../../paths';
import { Badge, StatusDot } from '../../ui/badge';
import { Button, buttonClass } from '../../ui/button';
import { TextField } from '../../ui/field';
import { MenuItem, MoreMenu } from '../../ui/menu';
import { Confirm, Dialog } from '../../ui/overlay';
import { EmptyState, ErrorState, Note, PageSkeleton } from '../../ui/state';
import { toast } from '../../ui/toast';
import { lightTone } from '../gateway-ports/words';
import { AccountList } from '../operator/rack/account-list';
import { NumberCheckDialog } from './check';
import { useOwnGateways, useRename, useRenew, useUnrack } from './queries';

type Own = Schemas['OwnGateway'];
type Port = Schemas['OwnGatewayPort'];
type Deed = 'rename' | 'renew' | 'remove';

/** Gateways that the company racked itself, each with its gateway ports and the numbers on them. */
export function OwnGateways() {
  const { t } = useTranslation(['own-gateways', 'gateway-ports']);
  const me = useMe();
  const gateways = useOwnGateways();
  const [deed, setDeed] = useState<{ what: Deed; gateway: Own } | null>(null);
  const [adding, setAdding] = useState<{ port: Port; gateway: Own } | null>(null);
  const writes = can(me, 'gateway_ports:write');
  const close = () => setDeed(null);
  const add = writes && can(me, 'numbers:write') ? setAdding : null;
  return (
    <section className="mt-8" aria-label={t('title')}>
      <div className="mb-3 flex flex-wrap items-end gap-3">
        <div>
          <h2 className="text-16 font-semibold tracking-tight">{t('title')}</h2>
          <p className="mt-0.5 max-w-[72ch] text-13 text-ink-2">{t('note')}</p>
        </div>
        {writes && (
          <Link to={paths.rackGateway} className={buttonClass({ size: 'sm', className: 'ml-auto' })}>
            <Plus aria-hidden className="size-4" />
            {t('rack')}
          </Link>
        )}
      </div>
      {gateways.isError ? (
        <ErrorState error={gateways.error} onRetry={() => void gateways.refetch()} />
      ) : !gateways.data ? (
        <PageSkeleton />
      ) : gateways.data.length === 0 ? (
        <EmptyState title={t('empty')} className="py-8">
          {t(writes ? 'empty_note' : 'empty_note_read')}
        </EmptyState>
      ) : (
        <ul className="flex flex-col gap-4">
          {gateways.data.map((gateway) => (
            <Unit
              key={gateway.id}
              gateway={gateway}
              onAdd={add && ((port) => add({ port, gateway }))}
              onDeed={writes ? (what) => setDeed({ what, gateway }) : null}
            />
          ))}
        </ul>
      )}
      {deed?.what === 'rename' && <Rename gateway={deed.gateway} onClose={close} />}
      {deed?.what === 'renew' && <Renew gateway={deed.gateway} onClose={close} />}
      {deed?.what === 'remove' && <Remove gateway={deed.gateway} onClose={close} />}
      {adding && <NumberCheckDialog port={adding.port} onClose={() => setAdding(null)} />}
    </section>
  );
}

function Unit(props: { gateway: Own; onAdd: ((port: Port) => void) | null; onDeed: ((what: Deed) => void) | null }) {
  const { t } = useTranslation(['own-gateways', 'gateway-ports']);
  const { gateway, onAdd, onDeed } = props;
  const stopped = gateway.suspended;
  // A span and SIP channels take any count of numbers, a line and a card one.
  const takes = (port: Port) => port.numbers.length === 0 || port.kind === 'e1_span' || port.kind === 'sip_channels';
  return (
    <li className="rounded-lg border border-line bg-panel" aria-label={gateway.label}>
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1 border-b border-line px-4 py-2">
        <h3 className="font-semibold">{gateway.label}</h3>
        <span className="text-13 text-ink-3">{gateway.site_name}</span>
        {gateway.simulated && <Badge tone="line">{t('plays')}</Badge>}
        <span className="ml-auto flex items-center gap-3">
          <StatusDot tone={lightTone(gateway.light)}>{t(`gateway-ports:light.${gateway.light}`)}</StatusDot>
          {onDeed && (
            <MoreMenu label={t('more_of', { gateway: gateway.label })}>
              <MenuItem onSelect={() => onDeed('rename')}>{t('rename.menu')}</MenuItem>
              {gateway.connection === 'registers_with_us' && (
                <MenuItem onSelect={() => onDeed('renew')}>{t('renew.menu')}</MenuItem>
              )}
              <MenuItem danger onSelect={() => onDeed('remove')}>
                {t('remove.menu')}
              </MenuItem>
            </MoreMenu>
          )}
        </span>
      </div>
      {stopped && (
        <div className="px-4 pt-3">
          <Note tone="bad" title={stopped.reason ? t('stopped_why', { reason: stopped.reason }) : t('stopped')} />
        </div>
      )}
      <ul className="divide-y divide-line">
        {gateway.gateway_ports.map((port) => (
          <li key={port.id} className="flex min-h-11 flex-wrap items-center gap-x-4 gap-y-1 px-4 py-1.5 text-13">
            <span className="w-28 font-medium">{port.label}</span>
            <span className="w-24 text-ink-3">{t(`gateway-ports:kind.${port.kind}`)}</span>
            <StatusDot tone={lightTone(port.username ? port.light : gateway.light)}>
              {t(`gateway-ports:light.${port.username ? port.light : gateway.light}`)}
            </StatusDot>
            <span className="min-w-0 grow">
              {port.numbers.length > 0 ? (
                port.numbers.map(phone).join(', ')
              ) : (
                <span className="text-ink-3">{t('number_none')}</span>
              )}
            </span>
            {onAdd && takes(port) && (
              <Button size="xs" look="quiet" onClick={() => onAdd(port)} aria-label={t('add_to', { port: port.label })}>
                {t('number_add')}
              </Button>
            )}
          </li>
        ))}
      </ul>
    </li>
  );
}

function Rename({ gateway, onClose }: { gateway: Own; onClose: () => void }) {
  const { t } = useTranslation('own-gateways');
  const say = useProblemText();
  const rename = useRename();
  const [label, setLabel] = useState(gateway.label);
  const done = () => {
    toast(t('rename.done'));
    onClose();
  };
  return (
    <Dialog
      open
      onClose={onClose}
      title={t('rename.title', { gateway: gateway.label })}
      foot={
        <Button
          look="primary"
          busy={rename.isPending}
          disabled={!label.trim()}
          onClick={() => rename.mutate({ id: gateway.id, label: label.trim() }, { onSuccess: done })}
        >
          {t('rename.menu')}
        </Button>
      }
    >
      <TextField
        label={t('label')}
        maxLength={60}
        value={label}
        onChange={(event) => setLabel(event.target.value)}
        error={rename.isError ? say(rename.error) : undefined}
      />
    </Dialog>
  );
}

function Renew({ gateway, onClose }: { gateway: Own; onClose: () => void }) {
  const { t } = useTranslation('own-gateways');
  const say = useProblemText();
  const renew = useRenew();
  const [key] = useState(() => crypto.randomUUID());
  if (renew.data) {
    return (
      <Dialog
        open
        wide
        onClose={onClose}
        title={t('renew.shown', { gateway: gateway.label })}
        foot={
          <Button look="primary" onClick={onClose}>
            {t('renew.kept')}
          </Button>
        }
      >
        <AccountList accounts={renew.data.credentials} />
      </Dialog>
    );
  }
  return (
    <Confirm
      open
      onClose={onClose}
      title={t('renew.title', { gateway: gateway.label })}
      action={t('renew.menu')}
      busy={renew.isPending}
      error={renew.isError ? say(renew.error) : null}
      onConfirm={() => renew.mutate({ id: gateway.id, key })}
    >
      {t('renew.text')}
    </Confirm>
  );
}

function Remove({ gateway, onClose }: { gateway: Own; onClose: () => void }) {
  const { t } = useTranslation('own-gateways');
  const say = useProblemText();
  const unrack = useUnrack();
  return (
    <Confirm
      open
      onClose={onClose}
      title={t('remove.title', { gateway: gateway.label })}
      action={t('remove.menu')}
      busy={unrack.isPending}
      typed={{ word: gateway.label, label: t('remove.type', { gateway: gateway.label }) }}
      error={unrack.isError ? say(unrack.error) : null}
      onConfirm={() =>
        unrack.mutate(gateway.id, {
          onSuccess: () => {
            toast(t('remove.done', { gateway: gateway.label }));
            onClose();
          },
        })
      }
    >
      {t('remove.text')}
    </Confirm>
  );
}
