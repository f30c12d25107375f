import { useTranslation } from 'react-i18next';
import { useOperator } from '../../hooks';
import { Card, Page } from '../../ui/page';
import { operatorFactor } from '../settings/my-factor';
import { SecondFactorCard } from '../settings/second-factor';
import { OperatorPassword } from './password';

export function OperatorSettingsPage() {
  const { t } = useTranslation(['operator', 'settings']);
  const me = useOperator();
  return (
    <Page title={t('places.settings')}>
      <div className="flex max-w-2xl flex-col gap-4">
        <Card title={t('settings:password.title')} note={me.email}>
          <OperatorPassword />
        </Card>
        <SecondFactorCard factor={operatorFactor} />
      </div>
    </Page>
  );
}
