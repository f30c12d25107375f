import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { Schemas } from '../../../api/types';
import { useNow } from '../../../hooks';
import { paths } from '../../../paths';
import { buttonClass } from '../../../ui/button';
import { HangingCord } from '../../../ui/cord';
import { LightBadge } from '../gateway/unit';
import { lightReason, type Say } from '../gateway/words';
import { useGateway } from '../queries';
import { AccountList } from './account-list';

const LOOK_MS = 1_000;

/** The accounts, and the light that says whether the box has come. */
export function Finish({ created }: { created: Schemas['GatewayCreated'] }) {
  const { t } = useTranslation('operator');
  const gateway = useGateway(created.gateway.id, LOOK_MS).data ?? created.gateway;
  useNow(LOOK_MS);
  const away = gateway.light === 'unknown' ? t('rack.waiting_note') : lightReason(gateway, t as Say);
  return (
    <Arrival
      light={gateway.light}
      words={{ up: t('rack.up'), waiting: t('rack.waiting'), accounts: t('rack.accounts') }}
      note={gateway.light === 'online' ? t('rack.up_note') : away}
      badge={<LightBadge gateway={gateway} />}
      accounts={created.credentials}
    >
      <Link to={paths.operatorGateway(gateway.id)} className={buttonClass({ look: 'primary' })}>
        {t('rack.to_lines')}
      </Link>
    </Arrival>
  );
}

/** Whether a new box has come, what is typed into it, and the way on. */
export function Arrival(props: {
  light: Schemas['Light'];
  words: { up: string; waiting: string; accounts: string };
  note: string;
  badge?: ReactNode;
  accounts: Schemas['GatewayCreated']['credentials'];
  /** The way on. */
  children: ReactNode;
}) {
  const { light, words } = props;
  const up = light === 'online';
  const title = up ? words.up : words.waiting;
  return (
    <div className="flex flex-col gap-6">
      <section
        aria-live="polite"
        className="flex flex-wrap items-center gap-x-8 gap-y-4 rounded-lg border border-line bg-panel p-5"
      >
        <HangingCord state={up ? 'talking' : light === 'fault' ? 'failed' : 'waiting'} label={title} className="w-52" />
        <div className="min-w-0 grow">
          <div className="flex items-center gap-2">
            <h2 className="text-16 font-semibold tracking-tight">{title}</h2>
            {props.badge}
          </div>
          <p className="text-13 text-ink-2">{props.note}</p>
        </div>
      </section>
      <section className="flex flex-col gap-3">
        <h2 className="text-16 font-semibold tracking-tight">{words.accounts}</h2>
        <AccountList accounts={props.accounts} />
      </section>
      <div className="flex gap-2 border-t border-line pt-4">{props.children}</div>
    </div>
  );
}
