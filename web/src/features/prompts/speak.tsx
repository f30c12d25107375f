/** A text becomes the sound: written, heard, kept. */
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useProblemText } from '../../i18n/problems';
import { Button } from '../../ui/button';
import { Field, inputClass } from '../../ui/field';
import { Select } from '../../ui/select';
import { Note } from '../../ui/state';
import { speechSound, useSpeakPrompt, useSpeech } from './queries';

const MOST = 2000;
const USUAL = 'usual';
const PACES = ['75', '100', '125'] as const;

export function Speak(props: { id: string; language: string; text: string; onDone: () => void }) {
  const { t } = useTranslation('prompts');
  const say = useProblemText();
  const speech = useSpeech();
  const keep = useSpeakPrompt();
  const [text, setText] = useState(props.text);
  const [voice, setVoice] = useState(USUAL);
  const [pace, setPace] = useState<string>('100');
  const [heard, setHeard] = useState<{ busy: boolean; failed: unknown }>({ busy: false, failed: null });
  const sound = useRef<HTMLAudioElement | null>(null);
  useEffect(() => () => sound.current?.pause(), []);
  const wanted = text.trim();
  const first = (tag: string) => tag.split('-')[0]?.toLowerCase();
  const fits = (language: string | null | undefined) => !language || first(language) === first(props.language);
  const voices = (speech.data?.voices ?? []).filter((one) => fits(one.language));
  const body = {
    text: wanted,
    pace: Number(pace),
    ...(voice === USUAL ? {} : { voice }),
  };
  const listen = async () => {
    sound.current?.pause();
    setHeard({ busy: true, failed: null });
    try {
      const url = await speechSound({ ...body, language: props.language });
      sound.current = new Audio(url);
      sound.current.onended = () => URL.revokeObjectURL(url);
      await sound.current.play();
      setHeard({ busy: false, failed: null });
    } catch (failed) {
      setHeard({ busy: false, failed });
    }
  };
  const lacks = !wanted && t('speak.text_first');
  return (
    <form
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        if (!wanted || keep.isPending) return;
        keep.mutate({ id: props.id, language: props.language, ...body }, { onSuccess: props.onDone });
      }}
    >
      <Field label={t('speak.text')} hint={t('speak.text_hint')}>
        {(wiring) => (
          <textarea
            {...wiring}
            lang={props.language}
            rows={4}
            maxLength={MOST}
            value={text}
            onChange={(event) => setText(event.target.value)}
            className={`${inputClass} h-auto min-h-24 py-2`}
          />
        )}
      </Field>
      <div className="grid grid-cols-2 gap-3">
        <Field label={t('speak.voice')}>
          {(wiring) => (
            <Select
              {...wiring}
              value={voice}
              onChange={setVoice}
              options={[
                { value: USUAL, label: t('speak.usual') },
                ...voices.map((one) => ({ value: one.name, label: one.name })),
              ]}
            />
          )}
        </Field>
        <Field label={t('speak.pace')}>
          {(wiring) => (
            <Select
              {...wiring}
              value={pace}
              onChange={setPace}
              options={PACES.map((value) => ({ value, label: t(`speak.paces.${value}`) }))}
            />
          )}
        </Field>
      </div>
      {speech.data?.voices.length === 0 && <Note tone="warn" title={t('speak.nobody')} />}
      {heard.failed !== null && <Note tone="bad" title={say(heard.failed)} />}
      {keep.isError && <Note tone="bad" title={say(keep.error)} />}
      <div className="flex flex-wrap gap-2">
        <Button busy={heard.busy} reason={lacks} onClick={() => void listen()}>
          {t('speak.listen')}
        </Button>
        <Button type="submit" look="primary" busy={keep.isPending} reason={lacks}>
          {t('speak.keep')}
        </Button>
      </div>
    </form>
  );
}
