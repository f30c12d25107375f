import { Cable, Network, Server, Smartphone } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import type { GatewayProfile } from '../../../api/types';
import { cx } from '../../../ui/cx';
import { Note } from '../../../ui/state';
import type { Say } from '../gateway/words';
import { profileLabel } from '../profile';
import type { Faults, RackForm } from './rules';

/** What each step of the road is given. */
export type StepProps = { form: RackForm; set: (patch: Partial<RackForm>) => void; faults: Faults };

const ICON = { analog: Cable, trunk: Server, wireless: Smartphone, sip: Network };

/** Which box: what it is decides nearly everything else. */
export function BoxStep({ form, set, faults, profiles }: StepProps & { profiles: GatewayProfile[] }) {
  const { t } = useTranslation('operator');
  return (
    <fieldset className="flex flex-col gap-2">
      <legend className="mb-2 text-16 font-semibold tracking-tight">{t('rack.which')}</legend>
      {faults.profile && <Note tone="bad" title={t('rack.which_first')} />}
      <div className="grid grid-cols-2 gap-3 max-md:grid-cols-1">
        {profiles.map((one) => {
          const Icon = ICON[one.kind];
          const on = one.key === form.profile;
          return (
            <label
              key={one.key}
              className={cx(
                'flex cursor-pointer gap-3 rounded-lg border bg-panel p-4 has-focus-visible:outline-2 has-focus-visible:outline-offset-2 has-focus-visible:outline-brand',
                on ? 'border-brand bg-brand-bg' : 'border-line hover:bg-panel-2',
              )}
            >
              <input
                type="radio"
                name="profile"
                className="sr-only"
                checked={on}
                onChange={() =>
                  set({
                    profile: one.key,
                    ports: one.default_ports,
                    connection: one.connections[0] ?? 'registers_with_us',
                    channels: '',
                    rental: one.kind === 'analog' ? 'exclusive' : 'shared',
                  })
                }
              />
              <Icon aria-hidden className={cx('mt-0.5 size-5 shrink-0', on ? 'text-brand' : 'text-ink-3')} />
              <span className="min-w-0">
                <span className="block font-medium">{profileLabel(one, t as Say)}</span>
                <span className="block text-13 text-ink-2">
                  {t(`kind.${one.kind}`)}, {t(`ports.${one.port_kind}`, { count: one.default_ports })}
                  {one.vendor && ` · ${one.vendor}`}
                </span>
              </span>
            </label>
          );
        })}
      </div>
    </fieldset>
  );
}
