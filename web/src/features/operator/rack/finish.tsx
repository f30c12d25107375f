import { Link } from '@tanstack/react-router';
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
  const up = gateway.light === 'online';
  return (
    <div className="flex flex-col gap-6">
      <section
        aria-live="polite"
        className="flex flex-wrap items-center gap-x-8 gap-y-4 rounded-lg border border-line bg-panel p-5"
      >
        <HangingCord
          state={up ? 'talking' : gateway.light === 'fault' ? 'failed' : 'waiting'}
          label={up ? t('rack.up') : t('rack.waiting')}
          className="w-52"
        />
        <div className="min-w-0 grow">
          <div className="flex items-center gap-2">
            <h2 className="text-16 font-semibold tracking-tight">{up ? t('rack.up') : t('rack.waiting')}</h2>
            <LightBadge gateway={gateway} />
          </div>
          <p className="text-13 text-ink-2">
            {up
              ? t('rack.up_note')
              : gateway.light === 'unknown'
                ? t('rack.waiting_note')
                : lightReason(gateway, t as Say)}
          </p>
        </div>
      </section>
      <section className="flex flex-col gap-3">
        <h2 className="text-16 font-semibold tracking-tight">{t('rack.accounts')}</h2>
        <AccountList accounts={created.credentials} />
      </section>
      <div className="flex gap-2 border-t border-line pt-4">
        <Link to={paths.operatorGateway(gateway.id)} className={buttonClass({ look: 'primary' })}>
          {t('rack.to_lines')}
        </Link>
      </div>
    </div>
  );
}
