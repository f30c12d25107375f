import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Webhook, WebhookShown } from '../../api/types';
import { useIntent } from '../../hooks';
import { useFieldErrors, useProblemText } from '../../i18n/problems';
import { Button } from '../../ui/button';
import { TextField } from '../../ui/field';
import { Note } from '../../ui/state';
import { KindPicker } from './kind-picker';
import { useChangeWebhook, useMakeWebhook } from './queries';

/** Makes an endpoint, or changes one. */
export function WebhookForm(props: { of?: Webhook; onMade?: (made: WebhookShown) => void; onSaved?: () => void }) {
  const { t } = useTranslation('webhooks');
  const say = useProblemText();
  const faultsOf = useFieldErrors();
  const make = useMakeWebhook();
  const change = useChangeWebhook();
  const { of } = props;
  const [label, setLabel] = useState(of?.label ?? '');
  const [url, setUrl] = useState(of?.url ?? '');
  const [kinds, setKinds] = useState<string[]>(of?.kinds ?? ['call.*']);
  const [tried, setTried] = useState(false);
  const keyOf = useIntent();
  const failed = of ? change : make;
  const faults = failed.isError ? faultsOf(failed.error) : {};
  const lacks = { url: !url.trim() && t('form.url_first'), kinds: kinds.length === 0 && t('form.kinds_first') };
  const send = () => {
    setTried(true);
    if (lacks.url || lacks.kinds || failed.isPending) return;
    const body = { url: url.trim(), kinds, ...(label.trim() ? { label: label.trim() } : {}) };
    if (of) {
      const moved = body.url === of.url ? { label: body.label ?? of.label, kinds } : body;
      change.mutate({ id: of.id, ...moved }, { onSuccess: () => props.onSaved?.() });
      return;
    }
    make.mutate({ ...body, key: keyOf(body) }, { onSuccess: (made) => props.onMade?.(made) });
  };
  const shown = (fault: string | false) => (tried && fault ? fault : undefined);
  return (
    <form
      className="flex flex-col gap-5"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <TextField
        label={t('form.url')}
        hint={t('form.url_hint')}
        type="url"
        spellCheck={false}
        autoComplete="off"
        placeholder="https://example.com/patchbay"
        maxLength={2000}
        value={url}
        error={shown(lacks.url) ?? faults.url}
        onChange={(event) => setUrl(event.target.value)}
      />
      <TextField
        label={t('form.label')}
        hint={t('form.label_hint')}
        maxLength={80}
        value={label}
        error={faults.label}
        onChange={(event) => setLabel(event.target.value)}
      />
      <KindPicker value={kinds} onChange={setKinds} error={shown(lacks.kinds) ?? faults.kinds} />
      {failed.isError && Object.keys(faults).length === 0 && <Note tone="bad" title={say(failed.error)} />}
      <Button type="submit" look="primary" className="self-start" busy={failed.isPending}>
        {of ? t('common:save') : t('form.make')}
      </Button>
    </form>
  );
}
