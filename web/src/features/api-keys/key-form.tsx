import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { ApiKeyShown } from '../../api/types';
import { useIntent } from '../../hooks';
import { useFieldErrors, useProblemText } from '../../i18n/problems';
import { Button } from '../../ui/button';
import { TextField } from '../../ui/field';
import { Note } from '../../ui/state';
import { EndField, NetworksField } from './fields';
import { useMakeKey } from './queries';
import { ScopePicker } from './scope-picker';
import { endOf, networks } from './scopes';

/** Makes a key; ninety days and nothing allowed unless told otherwise. */
export function KeyForm({ onMade }: { onMade: (made: ApiKeyShown) => void }) {
  const { t } = useTranslation('api-keys');
  const say = useProblemText();
  const faultsOf = useFieldErrors();
  const make = useMakeKey();
  const [name, setName] = useState('');
  const [scopes, setScopes] = useState<string[]>([]);
  const [end, setEnd] = useState({ choice: '90', day: '' });
  const [from, setFrom] = useState('');
  const [tried, setTried] = useState(false);
  const [opened] = useState(Date.now);
  const keyOf = useIntent();
  const faults = make.isError ? faultsOf(make.error) : {};
  const lacks = {
    name: !name.trim() && t('form.name_first'),
    scopes: scopes.length === 0 && t('form.scopes_first'),
    end: end.choice === 'day' && !end.day && t('form.day_first'),
  };
  const send = () => {
    setTried(true);
    if (lacks.name || lacks.scopes || lacks.end || make.isPending) return;
    const expires_at = endOf(end.choice, end.day, opened);
    const body = { name: name.trim(), scopes, networks: networks(from), ...(expires_at ? { expires_at } : {}) };
    make.mutate({ ...body, key: keyOf(body) }, { onSuccess: onMade });
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
        label={t('form.name')}
        hint={t('form.name_hint')}
        maxLength={80}
        value={name}
        error={shown(lacks.name) ?? faults.name}
        onChange={(event) => setName(event.target.value)}
      />
      <ScopePicker value={scopes} onChange={setScopes} error={shown(lacks.scopes) ?? faults.scopes} />
      <EndField
        {...end}
        onChange={(choice, day) => setEnd({ choice, day })}
        error={shown(lacks.end) ?? faults.expires_at}
      />
      <NetworksField value={from} onChange={setFrom} error={faults.networks} />
      {make.isError && Object.keys(faults).length === 0 && <Note tone="bad" title={say(make.error)} />}
      <Button type="submit" look="primary" className="self-start" busy={make.isPending}>
        {t('form.make')}
      </Button>
    </form>
  );
}
