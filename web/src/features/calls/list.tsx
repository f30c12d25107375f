import { useTranslation } from 'react-i18next';
import { Page } from '../../ui/page';
import { EmptyState } from '../../ui/state';

export function CallsPage() {
  const { t } = useTranslation();
  return (
    <Page title={t('places.calls')}>
      <EmptyState title={t('places.calls')} />
    </Page>
  );
}
