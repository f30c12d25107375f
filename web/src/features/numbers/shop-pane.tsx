import { X } from 'lucide-react';
import { useDeferredValue, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Schemas, ShopNumber } from '../../api/types';
import { useMe } from '../../hooks';
import { country, money, phone, time } from '../../i18n/format';
import { useProblemText } from '../../i18n/problems';
import { usePrices } from '../../prices';
import { Button, IconButton } from '../../ui/button';
import { Field, SearchField } from '../../ui/field';
import { Select } from '../../ui/select';
import { EmptyState, ErrorState, Note, Skeleton } from '../../ui/state';
import { Segments } from '../../ui/tabs';
import { toast } from '../../ui/toast';
import { useSeats } from '../team/queries';
import { useClaim, useHold, useNumberShop } from './queries';
import { ShopList } from './shop-list';
import { destinations, NOWHERE, portOf } from './words';

type Kind = Schemas['NumberKind'] | 'any';
const ANYWHERE = 'any';

/** Numbers in stock: the price stands before the choice and on the button. */
export function ShopPane({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation('numbers');
  const [kind, setKind] = useState<Kind>('any');
  const [land, setLand] = useState(ANYWHERE);
  const [pattern, setPattern] = useState('');
  const [picked, setPicked] = useState<string | null>(null);
  const [area, setArea] = useState('');
  const wanted = useDeferredValue(pattern.replace(/[^\d*+]/g, ''));
  const place = useDeferredValue(area.trim());
  const everything = useNumberShop({}, 200);
  const shop = useNumberShop({
    ...(kind === 'any' ? {} : { kind }),
    ...(land === ANYWHERE ? {} : { country: land }),
    ...(wanted ? { pattern: wanted } : {}),
    ...(place ? { area: place } : {}),
  });
  const lands = [...new Set((everything.data?.items ?? []).map((one) => one.country))].sort();
  const choice = shop.data?.items.find((one) => one.id === picked) ?? null;
  return (
    <aside
      aria-label={t('shop.title')}
      className="flex min-w-0 flex-col border-l border-line bg-panel max-lg:order-first max-lg:border-b max-lg:border-l-0 lg:sticky lg:top-(--top) lg:h-[calc(100dvh-var(--top))]"
    >
      <div className="flex flex-col gap-2 px-5 pt-4 pb-3">
        <div className="mb-1 flex items-center">
          <h2 className="grow text-16 font-semibold tracking-tight">{t('shop.title')}</h2>
          <IconButton label={t('common:close')} onClick={onClose}>
            <X aria-hidden className="size-4" />
          </IconButton>
        </div>
        <div className="flex gap-2">
          <Select
            size="sm"
            label={t('shop.country')}
            value={land}
            onChange={setLand}
            options={[
              { value: ANYWHERE, label: t('shop.anywhere') },
              ...lands.map((code) => ({ value: code, label: country(code) })),
            ]}
          />
          <SearchField
            label={t('shop.pattern')}
            inputMode="tel"
            value={pattern}
            onChange={setPattern}
            className="num w-36 shrink-0"
          />
        </div>
        <SearchField label={t('shop.area')} value={area} onChange={setArea} />
        <p className="text-12 text-ink-3">{t('shop.pattern_help')}</p>
        <Segments
          label={t('columns.kind')}
          value={kind}
          onChange={setKind}
          options={(['any', 'local', 'mobile', 'toll_free'] as const).map((value) => ({
            value,
            label: t(`shop.kind.${value}`),
          }))}
          className="self-start"
        />
      </div>
      <div className="flex px-5 pt-1 pb-2 text-12 text-ink-3">
        <span className="num grow">
          {shop.data && t('shop.stock', { count: shop.data.items.length, more: shop.data.next_cursor ? '+' : '' })}
        </span>
        <span>{t('shop.price_head')}</span>
      </div>
      <div className="min-h-0 grow overflow-y-auto" aria-busy={shop.isFetching}>
        {shop.isError && !shop.data && (
          <ErrorState error={shop.error} onRetry={() => void shop.refetch()} className="m-5" />
        )}
        {shop.isPending && [1, 2, 3, 4].map((row) => <Skeleton key={row} className="mx-5 my-4 h-5" />)}
        {shop.data?.items.length === 0 && (
          <EmptyState title={t('shop.none')}>
            {wanted || place || kind !== 'any' || land !== ANYWHERE ? t('shop.none_filter') : t('shop.none_note')}
          </EmptyState>
        )}
        {shop.data && shop.data.items.length > 0 && (
          <ShopList numbers={shop.data.items} picked={picked} onPick={setPicked} />
        )}
      </div>
      {choice && <Checkout key={choice.id} number={choice} onTaken={() => setPicked(null)} />}
    </aside>
  );
}

function Checkout({ number, onTaken }: { number: ShopNumber; onTaken: () => void }) {
  const { t } = useTranslation('numbers');
  const prices = usePrices();
  const say = useProblemText();
  const me = useMe();
  const seats = useSeats();
  const claim = useClaim();
  const hold = useHold();
  const [seat, setSeat] = useState(me.seat?.id ?? NOWHERE);
  const [key] = useState(() => crypto.randomUUID());
  const today = { ...number.setup, micros: number.setup.micros };
  return (
    <div className="num flex flex-col gap-3 border-t border-line px-5 py-4">
      <Field label={t('columns.routes_to')}>
        {(wiring) => (
          <Select
            {...wiring}
            size="sm"
            value={seat}
            onChange={setSeat}
            options={destinations(seats.data ?? [], t('nowhere_yet'))}
          />
        )}
      </Field>
      {number.includes_gateway_port && (
        <p className="text-13 text-ink-2">{t('shop.includes', { port: portOf(number) })}</p>
      )}
      <div className={prices ? 'flex flex-col gap-1 text-13' : 'hidden'}>
        <p className="flex justify-between">
          <span className="text-ink-2">{t('shop.setup')}</span>
          <span>{today.micros > 0 ? money(today) : t('common:free')}</span>
        </p>
        <p className="flex justify-between">
          <span className="text-ink-2">{t('shop.monthly')}</span>
          <span>{money(number.monthly)}</span>
        </p>
      </div>
      {(claim.isError || hold.isError) && <Note tone="bad" title={say(claim.error ?? hold.error)} />}
      <div className="flex items-center gap-3">
        <span className="grow text-13 text-ink-2">
          {number.held_until ? t('shop.held', { time: time(number.held_until) }) : t('shop.hold_note')}
        </span>
        <Button
          size="sm"
          busy={hold.isPending}
          onClick={() => hold.mutate({ id: number.id, keep: !number.held_until })}
        >
          {t(number.held_until ? 'shop.let_go' : 'shop.hold')}
        </Button>
      </div>
      <Button
        look="primary"
        className="h-10"
        busy={claim.isPending}
        onClick={() =>
          claim.mutate(
            { id: number.id, seat: seat === NOWHERE ? null : seat, key },
            {
              onSuccess: () => {
                toast(t('shop.taken', { number: phone(number.e164) }));
                onTaken();
              },
            },
          )
        }
      >
        {t(prices ? 'shop.action' : 'shop.action_free', {
          number: phone(number.e164),
          price: money(number.monthly),
        })}
      </Button>
    </div>
  );
}
