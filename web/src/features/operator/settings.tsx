import { useTranslation } from 'react-i18next';
import { useOperator } from '../../hooks';
import { Card, Page } from '../../ui/page';
import { OperatorPassword } from './password';

export function OperatorSettingsPage() {
  const { t } = useTranslation(['operator', 'settings']);
  const me = useOperator();
  return (
    <Page title={t('places.settings')}>
      <div className="max-w-2xl">
        <Card title={t('settings:password.title')} note={me.email}>
          <OperatorPassword />
        </Card>
      </div>
    </Page>
  );
}
