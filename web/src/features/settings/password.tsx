import { useMutation } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { api, ok } from '../../api/client';
import { useMe } from '../../hooks';
import { Card } from '../../ui/page';
import { PasswordChangeForm } from './password-change-form';

export function PasswordForm() {
  const { t } = useTranslation('settings');
  const me = useMe();
  const change = useMutation({
    mutationFn: (body: { current: string; new: string }) => ok(api.POST('/v1/me/password', { body })),
  });
  return (
    <Card title={t('password.title')} note={t('password.note')}>
      <PasswordChangeForm about={[me.user.name, me.user.email]} username={me.user.email} change={change} />
    </Card>
  );
}
