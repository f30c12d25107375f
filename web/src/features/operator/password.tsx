import { useMutation } from '@tanstack/react-query';
import { ok, operatorApi } from '../../api/client';
import { operatorSession } from '../../api/session';
import { useOperator } from '../../hooks';
import { PasswordChangeForm } from '../settings/password-change-form';

export function OperatorPassword() {
  const me = useOperator();
  const change = useMutation({
    mutationFn: (body: { current: string; new: string }) => ok(operatorApi.POST('/v1/operator/password', { body })),
    onSuccess: () => operatorSession.update({ ...me, must_change_password: false }),
  });
  return <PasswordChangeForm about={[me.email]} username={me.email} change={change} />;
}
