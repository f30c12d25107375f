import { useTranslation } from 'react-i18next';
import { InviteForm } from '../../team/invite-form';

export function InvitePanel() {
  const { t } = useTranslation('onboarding');
  return (
    <>
      <p>{t('invite.lead')}</p>
      <InviteForm />
    </>
  );
}
