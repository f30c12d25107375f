import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, ok } from '../../api/client';
import { keys } from '../../api/query';
import type { Role, Schemas } from '../../api/types';
import { useFieldErrors, useProblemText } from '../../i18n/problems';
import { Button } from '../../ui/button';
import { CopyField } from '../../ui/copy-field';
import { Field, inputClass, TextField } from '../../ui/field';
import { Dialog } from '../../ui/overlay';
import { Select } from '../../ui/select';
import { Note } from '../../ui/state';
import { Switch } from '../../ui/switch';
import { toast } from '../../ui/toast';

const JOINS_AS = ['agent', 'supervisor', 'admin'] as const satisfies readonly Role[];

/** What company and sign-in service agree on. */
export function SingleSignOnForm({ state, onClose }: { state: Schemas['SingleSignOn']; onClose: () => void }) {
  const { t } = useTranslation('settings');
  const say = useProblemText();
  const fieldsOf = useFieldErrors();
  const client = useQueryClient();
  const [form, setForm] = useState({
    issuer: state.issuer ?? '',
    client_id: state.client_id ?? '',
    client_secret: '',
    domains: state.domains.join('\n'),
    auto_join: state.auto_join,
    auto_role: state.auto_role,
    enforced: state.enforced,
  });
  const put = (change: Partial<typeof form>) => setForm((before) => ({ ...before, ...change }));
  const save = useMutation({
    mutationFn: () =>
      ok(
        api.PUT('/v1/company/single-sign-on', {
          body: {
            ...form,
            client_secret: form.client_secret || null,
            domains: form.domains.split(/[\s,]+/).filter(Boolean),
          },
        }),
      ),
    onSuccess: (fresh) => {
      client.setQueryData(keys.singleSignOn, fresh);
      toast(t('common:saved'));
      onClose();
    },
  });
  const errors = save.isError ? fieldsOf(save.error) : {};
  const elsewhere = save.isError && Object.keys(errors).length === 0;
  return (
    <Dialog open wide onClose={onClose} title={t('sso.title')} note={t('sso.note')}>
      <form
        noValidate
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          if (!save.isPending) save.mutate();
        }}
      >
        <CopyField label={t('sso.redirect')} value={state.redirect_address} />
        <TextField
          label={t('sso.issuer')}
          hint={t('sso.issuer_hint')}
          inputMode="url"
          autoComplete="off"
          value={form.issuer}
          error={errors.issuer}
          onChange={(event) => put({ issuer: event.target.value })}
        />
        <TextField
          label={t('sso.client_id')}
          autoComplete="off"
          value={form.client_id}
          error={errors.client_id}
          onChange={(event) => put({ client_id: event.target.value })}
        />
        <TextField
          label={t('sso.client_secret')}
          hint={state.on && t('sso.secret_kept')}
          type="password"
          autoComplete="off"
          value={form.client_secret}
          error={errors.client_secret}
          onChange={(event) => put({ client_secret: event.target.value })}
        />
        <Field label={t('sso.domains')} hint={t('sso.domains_hint')} error={errors.domains}>
          {(wiring) => (
            <textarea
              {...wiring}
              rows={2}
              spellCheck={false}
              placeholder="example.com"
              value={form.domains}
              onChange={(event) => put({ domains: event.target.value })}
              className={`${inputClass} h-auto min-h-16 py-2`}
            />
          )}
        </Field>
        <Switch label={t('sso.auto_join')} checked={form.auto_join} onChange={(auto_join) => put({ auto_join })} />
        {form.auto_join && (
          <Field label={t('sso.auto_role')} error={errors.auto_role}>
            {(wiring) => (
              <Select
                {...wiring}
                value={form.auto_role}
                onChange={(auto_role) => put({ auto_role })}
                options={JOINS_AS.map((value) => ({ value, label: t(`common:roles.${value}`) }))}
              />
            )}
          </Field>
        )}
        <div className="flex flex-col gap-1">
          <Switch
            label={t('sso.enforced')}
            checked={form.enforced}
            disabled={!state.tested_at}
            onChange={(enforced) => put({ enforced })}
          />
          <p className="text-12 text-ink-3">{state.tested_at ? t('sso.enforced_note') : t('sso.enforced_first')}</p>
        </div>
        {elsewhere && <Note tone="bad" title={say(save.error)} />}
        <Button type="submit" look="primary" className="self-start" busy={save.isPending}>
          {t('common:save')}
        </Button>
      </form>
    </Dialog>
  );
}
