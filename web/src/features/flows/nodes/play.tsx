import { Volume2 } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { Switch } from '../../../ui/switch';
import { Advanced, ListField, SoundField } from '../fields';
import { next, nodeKind, type PanelProps } from '../kind';
import { heardIn, moved, replaced, type Sound, without } from '../parts';

type Play = { sounds: Sound[]; interrupt: boolean };

export const kind = nodeKind<Play>({
  code: 'play',
  group: 'talk',
  order: 11,
  icon: Volume2,
  fresh: () => ({ sounds: [{ kind: 'prompt', prompt: '' }], interrupt: true }),
  exits: () => next,
  summary: ({ sounds }, { graph, nameOf }) =>
    sounds
      .map((sound) => heardIn(sound, graph, nameOf))
      .filter(Boolean)
      .join(' + '),
  Panel,
});

function Panel({ settings, onChange, graph, problem }: PanelProps<Play>) {
  const { t } = useTranslation('flow-steps');
  const set = (sounds: Sound[]) => onChange({ ...settings, sounds });
  return (
    <>
      <ListField
        title={t('play.sounds')}
        add={t('play.add')}
        list={settings.sounds}
        onAdd={() => set([...settings.sounds, { kind: 'prompt', prompt: '' }])}
        onRemove={(at) => set(without(settings.sounds, at))}
        onMove={(at, by) => set(moved(settings.sounds, at, by))}
        nameOf={(_, at) => t('play.nth', { number: at + 1 })}
        error={settings.sounds.length === 0 ? problem('sounds') : null}
      >
        {(sound, at) => (
          <SoundField
            label={t('play.nth', { number: at + 1 })}
            value={sound}
            onChange={(one) => one && set(replaced(settings.sounds, at, one))}
            graph={graph}
            problem={problem}
            field={`sounds/${at}`}
          />
        )}
      </ListField>
      <Advanced>
        <Switch
          label={t('interrupt')}
          checked={settings.interrupt}
          onChange={(interrupt) => onChange({ ...settings, interrupt })}
        />
      </Advanced>
    </>
  );
}
