import { Check } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import type { ShopNumber } from '../../api/types';
import { money, phone, time } from '../../i18n/format';
import { usePrices } from '../../prices';
import { cx } from '../../ui/cx';

/** Numbers in stock with their price, one to be picked. */
export function ShopList(props: {
  numbers: ShopNumber[];
  picked: string | null;
  onPick: (id: string) => void;
  className?: string;
}) {
  const { t } = useTranslation('numbers');
  const prices = usePrices();
  return (
    <fieldset aria-label={t('shop.title')} className={cx('border-b border-line', props.className)}>
      {props.numbers.map((one) => {
        const on = one.id === props.picked;
        return (
          <label
            key={one.id}
            className={cx(
              'num grid min-h-12 cursor-pointer grid-cols-[20px_minmax(0,1fr)_auto] items-center gap-2.5 border-t border-line px-5 py-1.5 has-focus-visible:outline-2 has-focus-visible:-outline-offset-2 has-focus-visible:outline-brand',
              on ? 'bg-brand-bg' : 'hover:bg-panel-2',
            )}
          >
            <input
              type="radio"
              name="shop-number"
              className="sr-only"
              checked={on}
              onChange={() => props.onPick(one.id)}
            />
            <span
              aria-hidden
              className={cx(
                'grid size-[18px] place-items-center rounded-full border-[1.5px]',
                on ? 'border-brand bg-brand text-on-brand' : 'border-line-strong',
              )}
            >
              {on && <Check className="size-3" strokeWidth={3} />}
            </span>
            <span className="min-w-0">
              <span className="block font-medium whitespace-nowrap">{phone(one.e164)}</span>
              <span className="block truncate text-12 text-ink-3">
                {[
                  one.area,
                  t(`line.${one.line_kind}`),
                  one.includes_gateway_port && t('shop.with_port'),
                  one.held_until && t('shop.held', { time: time(one.held_until) }),
                ]
                  .filter(Boolean)
                  .join(' · ')}
              </span>
            </span>
            {prices && (
              <span className="text-right text-13">
                {money(one.monthly)}
                {one.setup.micros > 0 && (
                  <span className="block text-12 text-ink-3">{t('shop.once', { price: money(one.setup) })}</span>
                )}
              </span>
            )}
          </label>
        );
      })}
    </fieldset>
  );
}
