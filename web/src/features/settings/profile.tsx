import { useMutation } from '@tanstack/react-query';
import { useForm } from 'react-hook-form';
import { useTranslation } from 'react-i18next';
import { api, ok } from '../../api/client';
import { session } from '../../api/session';
import { useMe } from '../../hooks';
import { useProblemText } from '../../i18n/problems';
import { Badge } from '../../ui/badge';
import { Button } from '../../ui/button';
import { TextField } from '../../ui/field';
import { Card } from '../../ui/page';
import { Note } from '../../ui/state';
import { toast } from '../../ui/toast';

export function ProfileForm() {
  const { t } = useTranslation('settings');
  const say = useProblemText();
  const me = useMe();
  const form = useForm({ defaultValues: { name: me.user.name } });
  const save = useMutation({
    mutationFn: (body: { name: string }) => ok(api.PATCH('/v1/me', { body: { name: body.name.trim() } })),
    onSuccess: (fresh) => {
      session.update(fresh);
      form.reset({ name: fresh.user.name });
      toast(t('common:saved'));
    },
  });
  return (
    <Card title={t('profile.title')}>
      <form className="flex flex-col gap-4 p-4" onSubmit={form.handleSubmit((body) => save.mutate(body))}>
        <TextField
          label={t('profile.name')}
          hint={t('profile.name_hint')}
          autoComplete="name"
          error={form.formState.errors.name && t('needed')}
          {...form.register('name', { validate: (text) => text.trim() !== '' })}
        />
        <TextField
          label={t('profile.email')}
          value={me.user.email}
          readOnly
          className="bg-panel-2"
          aside={
            me.user.email_verified ? (
              <Badge tone="line">{t('profile.verified')}</Badge>
            ) : (
              <Badge tone="warn">{t('profile.unverified')}</Badge>
            )
          }
        />
        {save.isError && <Note tone="bad" title={say(save.error)} />}
        <Button
          type="submit"
          look="primary"
          className="self-start"
          busy={save.isPending}
          reason={!form.formState.isDirty && t('no_change')}
        >
          {t('common:save')}
        </Button>
      </form>
    </Card>
  );
}
