import { Plus, X } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import type { Skill } from '../../api/types';
import { Button, IconButton } from '../../ui/button';
import { Input } from '../../ui/field';
import { Select } from '../../ui/select';
import type { Line } from './draft';

/** What a queue asks of agents: a skill and its least level from the start, and less of it after a while. */
export function SkillLines(props: {
  lines: readonly Line[];
  skills: Skill[];
  onChange: (lines: readonly Line[]) => void;
  onSkills: () => void;
}) {
  const { t } = useTranslation('queues');
  const set = (at: number, part: Partial<Line>) =>
    props.onChange(props.lines.map((line, index) => (index === at ? { ...line, ...part } : line)));
  const first = props.skills[0];
  return (
    <fieldset className="flex min-w-0 flex-col gap-2">
      <legend className="mb-1.5 text-13 font-medium">{t('queues.skills')}</legend>
      {props.skills.length === 0 && (
        <p className="text-13 text-ink-2">
          {t('lines.no_skills')}{' '}
          <button type="button" className="text-brand hover:underline" onClick={props.onSkills}>
            {t('skills.tab')}
          </button>
        </p>
      )}
      {props.skills.length > 0 && props.lines.length === 0 && <p className="text-13 text-ink-2">{t('lines.none')}</p>}
      {props.lines.map((line, at) => (
        <div key={line.key} className="grid grid-cols-[minmax(0,1fr)_76px_92px_32px] items-center gap-1.5">
          <Select
            size="sm"
            label={t('lines.skill')}
            value={line.skill}
            onChange={(skill) => set(at, { skill })}
            options={props.skills.map((one) => ({ value: one.id, label: one.name }))}
          />
          <Select
            size="sm"
            label={t('lines.level')}
            value={String(line.level)}
            onChange={(level) => set(at, { level: Number(level) })}
            options={['0', '1', '2', '3', '4', '5'].map((value) => ({
              value,
              label: value === '0' ? t('lines.free') : value,
            }))}
          />
          <Input
            type="number"
            min={0}
            max={3600}
            aria-label={t('lines.after')}
            className="h-8 text-13"
            value={line.after}
            onChange={(event) => set(at, { after: event.target.value })}
          />
          <IconButton
            label={t('lines.remove')}
            onClick={() => props.onChange(props.lines.filter((_, index) => index !== at))}
          >
            <X aria-hidden className="size-4" />
          </IconButton>
        </div>
      ))}
      {props.lines.length > 0 && <p className="text-12 text-ink-3">{t('lines.hint')}</p>}
      {first && (
        <Button
          size="sm"
          className="self-start"
          onClick={() =>
            props.onChange([...props.lines, { key: crypto.randomUUID(), skill: first.id, level: 1, after: '0' }])
          }
        >
          <Plus aria-hidden className="size-4" />
          {t('lines.add')}
        </Button>
      )}
    </fieldset>
  );
}
