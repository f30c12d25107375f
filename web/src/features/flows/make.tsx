/** A new flow: from a template, or from nothing. */
import { FileText } from 'lucide-react';
import { useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useProblemText } from '../../i18n/problems';
import { Button } from '../../ui/button';
import { cx } from '../../ui/cx';
import { TextField } from '../../ui/field';
import { Dialog } from '../../ui/overlay';
import { Note } from '../../ui/state';
import { type Flow, type Starter, useMakeFlow } from './queries';

const STARTERS: readonly Starter[] = ['hours_menu', 'greeting', 'after_hours', 'blank'];

export function MakeFlow(props: { open: boolean; onClose: () => void; onMade: (flow: Flow) => void }) {
  const { t } = useTranslation('flows');
  const say = useProblemText();
  const make = useMakeFlow();
  const [chosen, setChosen] = useState<Starter>('hours_menu');
  const [name, setName] = useState('');
  // One intent, however often it is pressed.
  const key = useRef(crypto.randomUUID());
  const title = t(`starter.${chosen}.name`);
  const named = name.trim() || title;
  return (
    <Dialog
      open={props.open}
      onClose={props.onClose}
      wide
      title={t('make')}
      note={t('make_note')}
      foot={
        <>
          <Button look="ghost" onClick={props.onClose}>
            {t('common:cancel')}
          </Button>
          <Button
            look="primary"
            busy={make.isPending}
            onClick={() =>
              make.mutate(
                { name: named, starter: chosen, key: key.current },
                {
                  onSuccess: (flow) => {
                    key.current = crypto.randomUUID();
                    props.onMade(flow);
                  },
                },
              )
            }
          >
            {t('make_action')}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-4">
        <TextField
          label={t('name')}
          value={name}
          maxLength={80}
          placeholder={title}
          onChange={(event) => setName(event.target.value)}
        />
        <fieldset className="grid gap-2 sm:grid-cols-2">
          <legend className="mb-1.5 text-13 font-medium">{t('begin_with')}</legend>
          {STARTERS.map((id) => (
            <label
              key={id}
              className={cx(
                'flex cursor-pointer gap-3 rounded-md border border-line-strong p-3 hover:bg-hover has-focus-visible:outline-2 has-focus-visible:outline-offset-2 has-focus-visible:outline-brand',
                chosen === id && 'border-brand bg-brand-bg',
              )}
            >
              <input
                type="radio"
                name="starter"
                className="dot mt-0.5"
                checked={chosen === id}
                onChange={() => setChosen(id)}
              />
              <span className="min-w-0">
                <span className="flex items-center gap-1.5 text-13 font-medium">
                  <FileText aria-hidden className="size-3.5 shrink-0 text-ink-3" />
                  {t(`starter.${id}.name`)}
                </span>
                <span className="mt-0.5 block text-12 text-ink-2">{t(`starter.${id}.note`)}</span>
              </span>
            </label>
          ))}
        </fieldset>
        {make.isError && <Note tone="bad" title={say(make.error)} />}
      </div>
    </Dialog>
  );
}
