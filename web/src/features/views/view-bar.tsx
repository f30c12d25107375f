import { Bookmark, Columns3 } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useProblemText } from '../../i18n/problems';
import { Button } from '../../ui/button';
import { Menu, MenuChoice, MenuItem, MenuLine, MenuTick } from '../../ui/menu';
import { toast } from '../../ui/toast';
import { type ListControl, type ListState, sameState } from './list-state';
import { type SavedView, useChangeView, useRemoveView, useViews, type ViewList } from './queries';
import { SaveView } from './save-view';

const contentOf = ({ filter, sort, columns }: ListState) => ({ filter, sort, columns: [...columns] });
const stateOf = ({ content }: SavedView): ListState => ({
  filter: content.filter ?? {},
  sort: content.sort ?? null,
  columns: content.columns ?? [],
});
const EVERYTHING: ListState = { filter: {}, sort: null, columns: [] };

/** Kept views of a list, and which columns it shows. */
export function ViewBar(props: {
  list: ViewList;
  state: ListControl;
  columns: readonly { key: string; label?: string }[];
}) {
  const { t } = useTranslation('views');
  const say = useProblemText();
  const { list, state } = props;
  const views = useViews(list);
  const change = useChangeView(list);
  const remove = useRemoveView(list);
  const [saving, setSaving] = useState<SavedView | 'new' | null>(null);
  const all = views.data ?? [];
  const on = all.find((one) => sameState(stateOf(one), state));
  const plain = sameState(state, EVERYTHING);
  const failed = (why: unknown) => toast(say(why));
  return (
    <div className="flex flex-wrap items-center gap-2">
      <Menu
        trigger={
          <Button size="sm" look="quiet">
            <Bookmark aria-hidden className="size-3.5" />
            {on?.name ?? (plain ? t('all') : t('unsaved'))}
          </Button>
        }
      >
        <MenuChoice
          label={t('title')}
          value={on?.id ?? (plain ? 'all' : '')}
          onChange={(id) =>
            state.set(id === 'all' ? EVERYTHING : stateOf(all.find((one) => one.id === id) as SavedView))
          }
          options={[
            { value: 'all', label: t('all') },
            ...all.map((one) => ({
              value: one.id,
              label: one.mine ? one.name : t('of', { name: one.name, owner: one.owner }),
            })),
          ]}
        />
        {(!plain || on?.mine) && <MenuLine />}
        {!plain && !on && <MenuItem onSelect={() => setSaving('new')}>{t('save')}</MenuItem>}
        {!plain &&
          !on &&
          all
            .filter((one) => one.mine)
            .map((one) => (
              <MenuItem
                key={one.id}
                onSelect={() =>
                  change.mutate(
                    { id: one.id, content: contentOf(state) },
                    { onSuccess: () => toast(t('saved', { name: one.name })), onError: failed },
                  )
                }
              >
                {t('save_as', { name: one.name })}
              </MenuItem>
            ))}
        {on?.mine && <MenuItem onSelect={() => setSaving(on)}>{t('change')}</MenuItem>}
        {on?.mine && (
          <MenuItem
            danger
            onSelect={() =>
              remove.mutate(on.id, {
                onSuccess: () => toast(t('removed', { name: on.name })),
                onError: failed,
              })
            }
          >
            {t('remove')}
          </MenuItem>
        )}
      </Menu>
      <ColumnMenu columns={props.columns} state={state} />
      {saving && (
        <SaveView
          list={list}
          content={contentOf(state)}
          view={saving === 'new' ? null : saving}
          onClose={() => setSaving(null)}
        />
      )}
    </div>
  );
}

/** Which columns a list shows. */
export function ColumnMenu(props: { columns: readonly { key: string; label?: string }[]; state: ListControl }) {
  const { t } = useTranslation('views');
  const { state } = props;
  const choices = props.columns.flatMap(({ key, label }) => (label ? [{ key, label }] : []));
  if (choices.length < 2) return null;
  const shown = state.columns.length > 0 ? state.columns : choices.map((one) => one.key);
  const put = (key: string, wanted: boolean) => {
    const next = choices.map((one) => one.key).filter((one) => (one === key ? wanted : shown.includes(one)));
    // All of them is the usual way, and none of them no list.
    if (next.length > 0) state.set({ columns: next.length === choices.length ? [] : next });
  };
  return (
    <Menu
      trigger={
        <Button size="sm" look="quiet">
          <Columns3 aria-hidden className="size-3.5" />
          {t('columns')}
        </Button>
      }
    >
      {choices.map(({ key, label }) => (
        <MenuTick key={key} checked={shown.includes(key)} onChange={(wanted) => put(key, wanted)}>
          {label}
        </MenuTick>
      ))}
    </Menu>
  );
}
