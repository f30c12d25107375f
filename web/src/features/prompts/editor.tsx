/** One prompt: its languages, what is heard in each, and the three ways to make a sound. */
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Prompt } from '../../api/types';
import { useProblemText } from '../../i18n/problems';
import { Button } from '../../ui/button';
import { Field, TextField } from '../../ui/field';
import { Select } from '../../ui/select';
import { Note } from '../../ui/state';
import { Segments } from '../../ui/tabs';
import { toast } from '../../ui/toast';
import { WavePlayer } from '../../ui/wave-player';
import { languageName, OFFERED } from './languages';
import { promptSound, useRemoveAudio, useRenamePrompt } from './queries';
import { Record } from './record';
import { Send } from './send';
import { Speak } from './speak';

const WAYS = ['speech', 'upload', 'recording'] as const;
type Way = (typeof WAYS)[number];

export function PromptEditor({ prompt, writes }: { prompt: Prompt; writes: boolean }) {
  const { t, i18n } = useTranslation('prompts');
  const say = useProblemText();
  const known = prompt.audio.map((one) => one.language);
  const [language, setLanguage] = useState<string>(known[0] ?? i18n.language);
  const [way, setWay] = useState<Way>('speech');
  const remove = useRemoveAudio();
  const audio = prompt.audio.find((one) => one.language === language);
  const options = [...new Set([...known, ...OFFERED])].map((tag) => ({
    value: tag,
    label: known.includes(tag)
      ? t('has_sound', { language: languageName(tag, i18n.language) })
      : languageName(tag, i18n.language),
  }));
  const done = () => toast(t('kept', { language: languageName(language, i18n.language) }));
  return (
    <div className="flex flex-col gap-5">
      {writes && <Rename prompt={prompt} />}
      <Field label={t('language')} hint={t('language_hint')}>
        {(wiring) => <Select {...wiring} options={options} value={language} onChange={setLanguage} />}
      </Field>
      {audio ? (
        <section className="flex flex-col gap-2 rounded-md border border-line p-3">
          <WavePlayer
            key={`${language}-${audio.created_at}`}
            label={prompt.name}
            wave={audio.wave}
            ms={audio.duration_ms}
            load={() => promptSound({ id: prompt.id, language })}
          />
          {audio.text && <p className="text-13 text-ink-2">“{audio.text}”</p>}
          <div className="flex items-center gap-2">
            <p className="grow text-12 text-ink-3">
              {t(`source.${audio.source as Way}`)} · {t('gain', { db: (audio.gain_ddb / 10).toFixed(1) })}
            </p>
            {writes && (
              <Button
                size="xs"
                look="ghost"
                busy={remove.isPending}
                onClick={() => remove.mutate({ id: prompt.id, language })}
              >
                {t('remove_sound')}
              </Button>
            )}
          </div>
          {remove.isError && <Note tone="bad" title={say(remove.error)} />}
        </section>
      ) : (
        <p className="text-13 text-ink-2">{t('no_sound_here', { language: languageName(language, i18n.language) })}</p>
      )}
      {writes && (
        <>
          <Segments
            label={t('way.label')}
            value={way}
            onChange={setWay}
            options={WAYS.map((value) => ({ value, label: t(`way.${value}`) }))}
          />
          {way === 'speech' && (
            <Speak key={language} id={prompt.id} language={language} text={audio?.text ?? ''} onDone={done} />
          )}
          {way === 'upload' && <Send key={language} id={prompt.id} language={language} onDone={done} />}
          {way === 'recording' && <Record key={language} id={prompt.id} language={language} onDone={done} />}
        </>
      )}
    </div>
  );
}

function Rename({ prompt }: { prompt: Prompt }) {
  const { t } = useTranslation('prompts');
  const say = useProblemText();
  const rename = useRenamePrompt();
  const [name, setName] = useState(prompt.name);
  const wanted = name.trim();
  return (
    <form
      className="flex items-end gap-2"
      onSubmit={(event) => {
        event.preventDefault();
        if (wanted && wanted !== prompt.name) rename.mutate({ id: prompt.id, name: wanted });
      }}
    >
      <TextField
        label={t('name')}
        fieldClass="grow"
        value={name}
        maxLength={80}
        autoComplete="off"
        error={rename.isError ? say(rename.error) : null}
        onChange={(event) => setName(event.target.value)}
      />
      {wanted !== prompt.name && (
        <Button type="submit" busy={rename.isPending} reason={!wanted && t('name_first')}>
          {t('common:save')}
        </Button>
      )}
    </form>
  );
}
