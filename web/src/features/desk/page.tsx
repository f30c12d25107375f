import { useTranslation } from 'react-i18next';
import { Page } from '../../ui/page';
import { EmptyState } from '../../ui/state';

export function DeskPage() {
  const { t } = useTranslation();
  return (
    <Page title={t('places.desk')}>
      <EmptyState title={t('places.desk')} />
    </Page>
  );
}
