import { Link, useNavigate, useRouter } from '@tanstack/react-router';
import { Plus, TriangleAlert } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { useNow } from '../../hooks';
import { time } from '../../i18n/format';
import { paths } from '../../paths';
import { Badge } from '../../ui/badge';
import { buttonClass } from '../../ui/button';
import { Page } from '../../ui/page';
import { EmptyState, ErrorState, PageSkeleton } from '../../ui/state';
import { GatewayUnit } from './gateway/unit';
import { needsAttention } from './gateway/view';
import { useGateways, useOperatorLiveCalls } from './queries';

/** Every gateway as it stands in its rack, site by site. */
export function GatewaysPage() {
  const { t } = useTranslation('operator');
  const gateways = useGateways();
  const calls = useOperatorLiveCalls();
  const router = useRouter();
  const navigate = useNavigate();
  const now = useNow();
  const all = gateways.data ?? [];
  const sites = [...new Set(all.map((one) => one.site_name))];
  const trouble = needsAttention(all);
  const add = (
    <Link to={paths.operatorNewGateway} className={buttonClass({ look: 'primary', size: 'sm' })}>
      <Plus aria-hidden className="size-4" />
      {t('rack.add')}
    </Link>
  );
  return (
    <Page
      title={t('places.gateways')}
      beside={
        trouble > 0 && (
          <Badge tone="warn">
            <TriangleAlert aria-hidden />
            {t('attention', { count: trouble })}
          </Badge>
        )
      }
      actions={
        <>
          {gateways.data && (
            <span className={`num text-13 max-md:hidden ${gateways.isError ? 'text-warn' : 'text-ink-3'}`}>
              {t('common:as_of', { time: time(gateways.dataUpdatedAt) })}
            </span>
          )}
          {add}
        </>
      }
    >
      {gateways.isError && !gateways.data && (
        <ErrorState error={gateways.error} onRetry={() => void gateways.refetch()} />
      )}
      {gateways.isPending && <PageSkeleton />}
      {gateways.data?.length === 0 && (
        <div className="rounded-lg border border-line bg-panel">
          <EmptyState title={t('gateways_empty')} action={add}>
            {t('gateways_empty_note')}
          </EmptyState>
        </div>
      )}
      <div className="flex flex-col gap-4">
        {sites.map((site) => (
          <section key={site} aria-label={site} className="flex flex-col gap-4">
            {sites.length > 1 && <h2 className="mt-2 text-13 font-semibold text-ink-2">{site}</h2>}
            {all
              .filter((one) => one.site_name === site)
              .map((gateway) => (
                <GatewayUnit
                  key={gateway.id}
                  gateway={gateway}
                  calls={calls.data ?? []}
                  now={now}
                  selected={null}
                  onSelect={(port) =>
                    void navigate({ to: paths.operatorGateway(gateway.id), search: { port } as never })
                  }
                  actions={
                    <button
                      type="button"
                      className={buttonClass({ look: 'quiet', size: 'sm' })}
                      onClick={() => void router.navigate({ to: paths.operatorGateway(gateway.id) })}
                    >
                      {t('open')}
                    </button>
                  }
                />
              ))}
          </section>
        ))}
      </div>
    </Page>
  );
}
