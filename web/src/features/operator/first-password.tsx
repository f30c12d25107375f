import { useTranslation } from 'react-i18next';
import { AuthLayout } from '../auth/layout';
import { OperatorPassword } from './password';

/** The password printed at the first start is good for one thing: choosing another. */
export function FirstPassword() {
  const { t } = useTranslation('operator');
  return (
    <AuthLayout title={t('first_password.title')} note={t('first_password.note')}>
      <div className="-mx-4">
        <OperatorPassword />
      </div>
    </AuthLayout>
  );
}
