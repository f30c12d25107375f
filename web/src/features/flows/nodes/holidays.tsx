import { CalendarOff } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { Input } from '../../../ui/field';
import { Switch } from '../../../ui/switch';
import { ListField, Section, ZoneField } from '../fields';
import { needed, nodeKind, type PanelProps } from '../kind';
import { replaced, without } from '../parts';

type Day = { date: string; name?: string; yearly: boolean };
type Holidays = { zone: string; days: Day[] };

export const kind = nodeKind<Holidays>({
  code: 'holidays',
  group: 'decide',
  order: 21,
  icon: CalendarOff,
  fresh: () => ({ zone: '', days: [] }),
  exits: () => [needed('holiday'), needed('otherwise')],
  summary: ({ days }, { t }) => (days.length > 0 ? t('holidays.summary', { count: days.length }) : ''),
  Panel,
});

function Panel({ settings, onChange, graph, problem }: PanelProps<Holidays>) {
  const { t } = useTranslation('flow-steps');
  const { days } = settings;
  const set = (next: Day[]) => onChange({ ...settings, days: next });
  return (
    <>
      <ListField
        title={t('holidays.title')}
        add={t('holidays.add')}
        list={days}
        onAdd={() => set([...days, { date: `${new Date().getFullYear()}-12-25`, name: '', yearly: true }])}
        onRemove={(at) => set(without(days, at))}
        nameOf={(one) => one.name || one.date}
        error={problem('days')}
      >
        {(one, at) => (
          <div className="flex flex-col gap-2">
            <Input
              type="date"
              className="num h-8 text-13"
              aria-label={t('holidays.date')}
              value={one.date}
              aria-invalid={problem(`days/${at}/date`) ? true : undefined}
              onChange={(event) => set(replaced(days, at, { ...one, date: event.target.value }))}
            />
            <Input
              className="h-8 text-13"
              aria-label={t('holidays.name')}
              placeholder={t('holidays.name')}
              value={one.name ?? ''}
              onChange={(event) => set(replaced(days, at, { ...one, name: event.target.value }))}
            />
            <Switch
              label={t('holidays.yearly')}
              checked={one.yearly}
              onChange={(yearly) => set(replaced(days, at, { ...one, yearly }))}
            />
            {problem(`days/${at}/date`) && <p className="text-12 text-bad">{problem(`days/${at}/date`)}</p>}
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
