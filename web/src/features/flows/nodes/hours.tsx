import { Clock } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { Input } from '../../../ui/field';
import { ListField, Section, ZoneField } from '../fields';
import { needed, nodeKind, type PanelProps } from '../kind';
import { daysInWords, replaced, WEEKDAYS, type Weekday, without } from '../parts';

type Open = { days: Weekday[]; from: string; to: string };
type Hours = { zone: string; open: Open[] };

const WORKDAYS: Weekday[] = WEEKDAYS.slice(0, 5);

export const kind = nodeKind<Hours>({
  code: 'hours',
  group: 'decide',
  order: 20,
  icon: Clock,
  fresh: () => ({ zone: '', open: [{ days: WORKDAYS, from: '09:00', to: '18:00' }] }),
  exits: () => [needed('open'), needed('closed')],
  summary: ({ open }, { t }) => open.map((one) => `${daysInWords(one.days, t)} ${one.from}–${one.to}`).join(', '),
  Panel,
});

function Panel({ settings, onChange, graph, problem }: PanelProps<Hours>) {
  const { t } = useTranslation('flow-steps');
  const { open } = settings;
  const set = (next: Open[]) => onChange({ ...settings, open: next });
  return (
    <>
      <ListField
        title={t('hours.title')}
        add={t('hours.add')}
        list={open}
        onAdd={() => set([...open, { days: ['saturday'], from: '10:00', to: '14:00' }])}
        onRemove={(at) => set(without(open, at))}
        nameOf={(one) => daysInWords(one.days, t)}
        error={problem('open')}
      >
        {(one, at) => (
          <div className="flex flex-col gap-2">
            <fieldset className="flex flex-wrap gap-1">
              <legend className="sr-only">{t('hours.days')}</legend>
              {WEEKDAYS.map((day) => (
                <button
                  key={day}
                  type="button"
                  aria-pressed={one.days.includes(day)}
                  title={t(`weekday.${day}`)}
                  aria-label={t(`weekday.${day}`)}
                  onClick={() =>
                    set(
                      replaced(open, at, {
                        ...one,
                        days: WEEKDAYS.filter((each) => (each === day) !== one.days.includes(each)),
                      }),
                    )
                  }
                  className="h-7 min-w-7 rounded-sm border border-line-strong px-1 text-12 font-medium text-ink-2 hover:bg-hover aria-pressed:border-brand aria-pressed:bg-brand-bg aria-pressed:text-brand"
                >
                  {t(`day.${day}`)}
                </button>
              ))}
            </fieldset>
            <div className="flex items-center gap-2">
              <Input
                type="time"
                className="num h-8 text-13"
                aria-label={t('hours.from')}
                value={one.from}
                aria-invalid={problem(`open/${at}/from`) ? true : undefined}
                onChange={(event) => set(replaced(open, at, { ...one, from: event.target.value }))}
              />
              <span aria-hidden>–</span>
              <Input
                type="time"
                className="num h-8 text-13"
                aria-label={t('hours.to')}
                value={one.to === '24:00' ? '00:00' : one.to}
                aria-invalid={problem(`open/${at}/to`) ? true : undefined}
                onChange={(event) => {
                  const to = event.target.value === '00:00' ? '24:00' : event.target.value;
                  set(replaced(open, at, { ...one, to }));
                }}
              />
            </div>
            {(problem(`open/${at}/days`) ?? problem(`open/${at}/from`) ?? problem(`open/${at}/to`)) && (
              <p className="text-12 text-bad">
                {problem(`open/${at}/days`) ?? problem(`open/${at}/from`) ?? problem(`open/${at}/to`)}
              </p>
            )}
          </div>
        )}
      </ListField>
      <Section title={t('zone.title')}>
        <ZoneField
          label={t('zone.label')}
          none={t('zone.as_flow', { zone: graph.zone })}
          value={settings.zone}
          onChange={(zone) => onChange({ ...settings, zone })}
          error={problem('zone')}
        />
      </Section>
    </>
  );
}
