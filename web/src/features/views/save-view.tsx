import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Schemas } from '../../api/types';
import { useProblemText } from '../../i18n/problems';
import { Button } from '../../ui/button';
import { TextField } from '../../ui/field';
import { Dialog } from '../../ui/overlay';
import { Note } from '../../ui/state';
import { Switch } from '../../ui/switch';
import { toast } from '../../ui/toast';
import { type SavedView, useAddView, useChangeView, type ViewList } from './queries';

/** Gives a view its name, and to the company if wished. */
export function SaveView(props: {
  list: ViewList;
  content: Schemas['ViewContent'];
  view: SavedView | null;
  onClose: () => void;
}) {
  const { t } = useTranslation('views');
  const say = useProblemText();
  const add = useAddView(props.list);
  const change = useChangeView(props.list);
  const [name, setName] = useState(props.view?.name ?? '');
  const [shared, setShared] = useState(props.view?.shared ?? false);
  const [key] = useState(() => crypto.randomUUID());
  const failed = add.error ?? change.error;
  const busy = add.isPending || change.isPending;
  const send = () => {
    const done = {
      onSuccess: () => {
        toast(t('saved', { name: name.trim() }));
        props.onClose();
      },
    };
    if (props.view) change.mutate({ id: props.view.id, name: name.trim(), shared }, done);
    else add.mutate({ name: name.trim(), shared, content: props.content, key: `${key}-${name}-${shared}` }, done);
  };
  return (
    <Dialog open onClose={props.onClose} title={props.view ? t('change') : t('save')}>
      <form
        noValidate
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          if (name.trim() && !busy) send();
        }}
      >
        <TextField
          label={t('name')}
          value={name}
          maxLength={80}
          autoComplete="off"
          onChange={(event) => setName(event.target.value)}
        />
        <Switch label={t('share')} checked={shared} onChange={setShared} />
        {failed && <Note tone="bad" title={say(failed)} />}
        <Button
          type="submit"
          look="primary"
          className="self-start"
          busy={busy}
          reason={!name.trim() && t('name_first')}
        >
          {t('common:save')}
        </Button>
      </form>
    </Dialog>
  );
}
