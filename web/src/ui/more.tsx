/** The next page of a list that is read page by page; nothing where there is none. */
import { useTranslation } from 'react-i18next';
import { Button } from './button';

type Pages = { hasNextPage: boolean; isFetchingNextPage: boolean; fetchNextPage: () => unknown };

export function More({ of, className }: { of: Pages; className?: string }) {
  const { t } = useTranslation('common');
  if (!of.hasNextPage) return null;
  return (
    <Button {...(className && { className })} busy={of.isFetchingNextPage} onClick={() => void of.fetchNextPage()}>
      {t('more')}
    </Button>
  );
}
