import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useMe } from '../../../hooks';
import { money, phone } from '../../../i18n/format';
import { useProblemText } from '../../../i18n/problems';
import { paths } from '../../../paths';
import { usePrices } from '../../../prices';
import { Button } from '../../../ui/button';
import { EmptyState, ErrorState, Note, Skeleton } from '../../../ui/state';
import { useClaim, useNumberShop, useNumbers } from '../../numbers/queries';
import { ShopList } from '../../numbers/shop-list';

export function NumberPanel() {
  const { t } = useTranslation('onboarding');
  const prices = usePrices();
  const say = useProblemText();
  const me = useMe();
  const owned = useNumbers();
  const shop = useNumberShop({}, 6);
  const claim = useClaim();
  const [picked, setPicked] = useState<string | null>(null);
  const [key] = useState(() => crypto.randomUUID());
  const first = owned.data?.items[0];
  const choice = shop.data?.items.find((one) => one.id === picked);
  if (first)
    return (
      <p>
        {t('claim_number.yours')} <span className="num font-medium">{phone(first.e164)}</span>
      </p>
    );
  if (shop.isError) return <ErrorState error={shop.error} onRetry={() => void shop.refetch()} />;
  if (!shop.data) return <Skeleton className="h-40" />;
  if (shop.data.items.length === 0)
    return <EmptyState title={t('claim_number.none')}>{t('claim_number.none_note')}</EmptyState>;
  return (
    <>
      <p>{t('claim_number.pick')}</p>
      <ShopList numbers={shop.data.items} picked={picked} onPick={setPicked} className="-mx-6" />
      {claim.isError && <Note tone="bad" title={say(claim.error)} />}
      <Button
        look="primary"
        busy={claim.isPending}
        reason={!choice && t('claim_number.pick_first')}
        onClick={() => choice && claim.mutate({ id: choice.id, seat: me.seat?.id ?? null, key: `${key}-${choice.id}` })}
      >
        {choice
          ? t(prices ? 'claim_number.take' : 'claim_number.take_free', {
              number: phone(choice.e164),
              price: money(choice.monthly),
            })
          : t('claim_number.take_none')}
      </Button>
      <Link to={paths.numbers} search={{ shop: '1' }} className="text-13 font-medium text-brand hover:underline">
        {t('claim_number.all')}
      </Link>
    </>
  );
}
