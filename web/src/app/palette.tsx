/** Ctrl-K: go anywhere by typing. */
import { Dialog as Base } from '@base-ui/react/dialog';
import { useQuery } from '@tanstack/react-query';
import { useRouter } from '@tanstack/react-router';
import { Hash, Phone, Search, User } from 'lucide-react';
import { type KeyboardEvent, useEffect, useId, useState, useSyncExternalStore } from 'react';
import { useTranslation } from 'react-i18next';
import { api, ok } from '../api/client';
import { keys } from '../api/query';
import { can } from '../can';
import { useMe } from '../hooks';
import { country, phone } from '../i18n/format';
import { paths } from '../paths';
import { Kbd } from '../ui/badge';
import { Button } from '../ui/button';
import { type Entry, useDeeds } from './palette-deeds';
import { dialable, find } from './palette-search';
import type { Place } from './shell';

/** Whether the palette stands open; the button and the keys share it. */
const door = (() => {
  let open = false;
  const watchers = new Set<() => void>();
  return {
    snapshot: () => open,
    subscribe: (watcher: () => void) => {
      watchers.add(watcher);
      return () => watchers.delete(watcher);
    },
    set: (next: boolean) => {
      open = next;
      for (const watcher of watchers) watcher();
    },
  };
})();

export function PaletteButton() {
  const { t } = useTranslation();
  return (
    <Button
      size="sm"
      look="quiet"
      className="text-ink-3 lg:w-8 lg:max-w-52 lg:grow lg:justify-start lg:overflow-hidden"
      onClick={() => door.set(true)}
      aria-keyshortcuts="Control+K"
    >
      <Search aria-hidden className="size-3.5" />
      <span className="grow text-left font-normal max-lg:sr-only">{t('palette.hint')}</span>
      <Kbd hidden className="max-lg:hidden">
        Ctrl K
      </Kbd>
    </Button>
  );
}

export function Palette({ places }: { places: Place[] }) {
  const { t } = useTranslation();
  const open = useSyncExternalStore(door.subscribe, door.snapshot);
  useEffect(() => {
    const onKey = (event: globalThis.KeyboardEvent) => {
      if ((event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === 'k') {
        event.preventDefault();
        door.set(!door.snapshot());
      }
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, []);
  return (
    <Base.Root open={open} onOpenChange={door.set}>
      <Base.Portal>
        <Base.Backdrop className="fixed inset-0 z-40 bg-veil" />
        <Base.Popup
          aria-label={t('palette.label')}
          className="fixed top-[12vh] left-1/2 z-50 w-[calc(100vw-24px)] max-w-[560px] -translate-x-1/2 overflow-hidden rounded-lg border border-line bg-panel shadow-float outline-none"
        >
          <List places={places} close={() => door.set(false)} />
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
}

function List({ places, close }: { places: Place[]; close: () => void }) {
  const { t } = useTranslation();
  const [text, setText] = useState('');
  const [at, setAt] = useState(0);
  const id = useId();
  const found = useEntries(places, text, close);
  const on = Math.min(at, Math.max(0, found.length - 1));
  const onKey = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing) return;
    if (event.key === 'ArrowDown') setAt((on + 1) % Math.max(1, found.length));
    else if (event.key === 'ArrowUp') setAt((on - 1 + found.length) % Math.max(1, found.length));
    else if (event.key === 'Enter') found[on]?.go();
    else return;
    event.preventDefault();
  };
  return (
    <>
      <div className="flex h-12 items-center gap-3 border-b border-line px-4">
        <Search aria-hidden className="size-4 text-ink-3" />
        <input
          // biome-ignore lint/a11y/noAutofocus: the palette was opened to type into it.
          autoFocus
          role="combobox"
          aria-expanded
          aria-controls={id}
          aria-activedescendant={found[on] ? `${id}-${on}` : undefined}
          aria-label={t('palette.label')}
          value={text}
          onChange={(event) => {
            setText(event.target.value);
            setAt(0);
          }}
          onKeyDown={onKey}
          placeholder={t('palette.placeholder')}
          className="h-full min-w-0 grow bg-transparent text-14 outline-none"
        />
        <Kbd>Esc</Kbd>
      </div>
      <div id={id} role="listbox" aria-label={t('palette.label')} className="max-h-[50vh] overflow-y-auto p-1">
        {found.length === 0 && <p className="px-3 py-6 text-center text-13 text-ink-3">{t('palette.nothing')}</p>}
        {found.map((entry, index) => (
          <div
            key={entry.key}
            id={`${id}-${index}`}
            role="option"
            aria-selected={index === on}
            tabIndex={-1}
            onPointerMove={() => setAt(index)}
            onClick={entry.go}
            onKeyDown={onKey}
            className="flex h-9 cursor-default items-center gap-3 rounded-sm px-3 text-13 aria-selected:bg-hover"
          >
            <span className="text-ink-3 [&>svg]:size-4">{entry.icon}</span>
            <span className="min-w-0 grow truncate font-medium">{entry.label}</span>
            {entry.note && <span className="num text-12 text-ink-3">{entry.note}</span>}
          </div>
        ))}
      </div>
    </>
  );
}

function useEntries(places: Place[], text: string, close: () => void): Entry[] {
  const { t } = useTranslation();
  const router = useRouter();
  const me = useMe();
  const numbers = useQuery({
    queryKey: keys.numbers,
    queryFn: () => ok(api.GET('/v1/numbers', { params: { query: { limit: 200 } } })),
    enabled: can(me, 'numbers:read'),
  });
  const softphone = useQuery({ queryKey: keys.softphone, queryFn: () => ok(api.GET('/v1/softphone')), retry: false });
  const go = (to: string, search: Record<string, string> = {}) => {
    close();
    void router.navigate({ to, search });
  };
  const deeds = useDeeds(go, close);
  const entries: Entry[] = [
    ...places.map(({ to, label, icon: Icon }) => ({ key: to, label, icon: <Icon aria-hidden />, go: () => go(to) })),
    ...(softphone.data?.directory ?? []).map((one) => ({
      key: `ext-${one.extension}`,
      label: one.name,
      note: one.extension,
      icon: <User aria-hidden />,
      go: () => go(paths.desk, { dial: one.extension }),
    })),
    ...(numbers.data?.items ?? []).map((one) => ({
      key: one.id,
      label: one.label || phone(one.e164),
      note: one.label ? phone(one.e164) : (one.area ?? country(one.country)),
      icon: <Hash aria-hidden />,
      go: () => go(paths.numbers, { open: one.id }),
    })),
    ...deeds,
  ];
  const found = find(entries, text, (entry) => `${entry.label} ${entry.note ?? ''}`);
  const number = dialable(text);
  if (!number) return found;
  const call = {
    key: 'dial',
    label: t('palette.call', { number }),
    icon: <Phone aria-hidden />,
    go: () => go(paths.desk, { dial: number }),
  };
  return [call, ...found];
}
