import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Queue, Skill } from '../../api/types';
import { useIntent } from '../../hooks';
import { useProblemText } from '../../i18n/problems';
import { Button } from '../../ui/button';
import { Field, TextField } from '../../ui/field';
import { Select } from '../../ui/select';
import { Note } from '../../ui/state';
import { Switch } from '../../ui/switch';
import { toast } from '../../ui/toast';
import { MemberTicks } from '../team/member-ticks';
import { blank, type Draft, draftOf, fits, type NumberField, wishOf } from './draft';
import { useAddQueue, useChangeQueue } from './queries';
import { SkillLines } from './skill-lines';

/** A queue: whom it offers callers to, how long things take, what callers hear, and who works there. */
export function QueueForm(props: {
  queue?: Queue;
  queues: Queue[];
  skills: Skill[];
  onSkills: () => void;
  onDone: () => void;
}) {
  const { t } = useTranslation('queues');
  const say = useProblemText();
  const add = useAddQueue();
  const change = useChangeQueue();
  const before = props.queue;
  const [draft, setDraft] = useState<Draft>(() => (before ? draftOf(before) : blank()));
  const keyOf = useIntent();
  const set = (part: Partial<Draft>) => setDraft({ ...draft, ...part });
  const busy = add.isPending || change.isPending;
  const failed = add.error ?? change.error;
  const others = props.queues.filter((one) => one.id !== before?.id);
  const missing = !draft.name.trim() ? t('name_first') : !fits(draft) && t('numbers_first');
  const send = () => {
    const wanted = wishOf(draft);
    const onSuccess = () => {
      toast(t(before ? 'changed' : 'added', { name: draft.name.trim() }));
      props.onDone();
    };
    if (before) change.mutate({ id: before.id, ...wanted }, { onSuccess });
    else add.mutate({ ...wanted, key: keyOf(wanted) }, { onSuccess });
  };
  const number = (field: NumberField, min: number, max: number) => (
    <TextField
      label={t(`fields.${field}`)}
      type="number"
      min={min}
      max={max}
      value={draft[field]}
      onChange={(event) => set({ [field]: event.target.value })}
    />
  );
  return (
    <form
      className="flex flex-col gap-5"
      onSubmit={(event) => {
        event.preventDefault();
        if (!missing && !busy) send();
      }}
    >
      <TextField
        label={t('name')}
        value={draft.name}
        maxLength={80}
        autoComplete="off"
        onChange={(event) => set({ name: event.target.value })}
      />
      <Field label={t('queues.strategy')} hint={t(`strategy.${draft.strategy}_note`)}>
        {(wiring) => (
          <Select
            {...wiring}
            value={draft.strategy}
            onChange={(strategy) => set({ strategy })}
            options={(['least_skilled', 'longest_idle', 'best_level'] as const).map((value) => ({
              value,
              label: t(`strategy.${value}`),
            }))}
          />
        )}
      </Field>
      <SkillLines
        lines={draft.skills}
        skills={props.skills}
        onChange={(skills) => set({ skills })}
        onSkills={props.onSkills}
      />
      <MemberTicks label={t('queues.members')} value={draft.members} onChange={(members) => set({ members })} />
      <div className="grid grid-cols-2 items-end gap-3">
        {number('ring_s', 5, 120)}
        {number('wrap_up_s', 0, 600)}
        {number('service_level_percent', 1, 100)}
        {number('service_level_s', 5, 600)}
      </div>
      <Switch
        label={t('fields.disposition_required')}
        checked={draft.disposition_required}
        onChange={(disposition_required) => set({ disposition_required })}
      />
      <div className="grid grid-cols-2 items-end gap-3">
        {number('max_length', 1, 5000)}
        {number('max_wait_s', 10, 14400)}
      </div>
      <Field label={t('queues.overflow')} hint={t('queues.overflow_hint')}>
        {(wiring) => (
          <Select
            {...wiring}
            value={draft.overflow}
            onChange={(overflow) => set({ overflow })}
            options={[
              { value: '', label: t('queues.hang_up') },
              ...others.map((one) => ({ value: one.id, label: t('queues.to', { name: one.name }) })),
            ]}
          />
        )}
      </Field>
      <fieldset className="flex flex-col gap-3">
        <legend className="mb-1.5 text-13 font-medium">{t('queues.announcements')}</legend>
        <Switch
          label={t('fields.announce_position')}
          checked={draft.announce_position}
          onChange={(announce_position) => set({ announce_position })}
        />
        <Switch
          label={t('fields.announce_wait')}
          checked={draft.announce_wait}
          onChange={(announce_wait) => set({ announce_wait })}
        />
        {(draft.announce_position || draft.announce_wait) && number('announce_every_s', 15, 600)}
      </fieldset>
      <div className="grid grid-cols-2 items-end gap-3">
        {number('sticky_hold_s', 0, 120)}
        {number('rare_hold_s', 0, 120)}
      </div>
      {failed && <Note tone="bad" title={say(failed)} />}
      <Button type="submit" look="primary" className="self-start" busy={busy} reason={missing}>
        {before ? t('common:save') : t('queues.add')}
      </Button>
    </form>
  );
}
