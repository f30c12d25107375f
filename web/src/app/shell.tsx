/** The frame of every page inside: a rail of places, the page, and on a phone a bar at the foot. */
import { Link, useRouter } from '@tanstack/react-router';
import { Ellipsis, type LucideIcon } from 'lucide-react';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Mark } from '../ui/cord';
import { cx } from '../ui/cx';
import { Menu, MenuItem } from '../ui/menu';
import { TopbarTailContext } from './topbar-tail';

export type Place = {
  to: string;
  label: string;
  icon: LucideIcon;
  count?: number | undefined;
  exact?: boolean;
  /** On a phone it stands behind "More": its name is long, or it is seldom needed there. */
  minor?: boolean;
};

export function Shell(props: {
  places: Place[];
  workspace: ReactNode;
  tail: ReactNode;
  dock?: ReactNode;
  /** Over every page. */
  banner?: ReactNode;
  children: ReactNode;
}) {
  const { t } = useTranslation();
  const foot = props.places.filter((place) => !place.minor).slice(0, FOOT_PLACES);
  const more = props.places.filter((place) => !foot.includes(place));
  return (
    <TopbarTailContext.Provider value={props.tail}>
      <a
        href="#main"
        className="fixed top-2 left-2 z-80 -translate-y-16 rounded-md bg-ink px-3 py-2 text-13 font-medium text-panel focus:translate-y-0"
      >
        {t('skip_to_content')}
      </a>
      <div className="grid h-dvh grid-cols-[auto_minmax(0,1fr)] max-md:grid-cols-1 max-md:grid-rows-[minmax(0,1fr)_auto]">
        <aside className="flex w-(--rail) flex-col overflow-y-auto border-r border-line bg-bg px-3 pb-3 max-xl:w-14 max-xl:px-2 max-md:hidden">
          <div className="flex h-(--top) shrink-0 items-center gap-2 px-2 font-semibold tracking-tight max-xl:justify-center max-xl:px-0">
            <Mark />
            <span className="text-[15px] max-xl:sr-only">Patchbay</span>
          </div>
          <div className="mb-3">{props.workspace}</div>
          <nav aria-label={t('main_navigation')} className="flex flex-col gap-0.5">
            {props.places.map((place) => (
              <PlaceLink key={place.to} place={place} />
            ))}
          </nav>
        </aside>
        <div className="flex min-h-0 min-w-0 flex-col">
          {props.banner}
          <div className="flex min-h-0 min-w-0 grow flex-col overflow-y-auto" id="page-scroll">
            {props.children}
            {props.dock}
          </div>
        </div>
        <nav
          aria-label={t('main_navigation')}
          className="hidden border-t border-line bg-panel pb-[env(safe-area-inset-bottom)] max-md:flex"
        >
          {foot.map((place) => (
            <PlaceLink key={place.to} place={place} foot />
          ))}
          {more.length > 0 && <MorePlaces places={more} />}
        </nav>
      </div>
    </TopbarTailContext.Provider>
  );
}

/** As many places stand on the foot bar of a phone; the rest are behind "More". */
const FOOT_PLACES = 4;

function MorePlaces({ places }: { places: Place[] }) {
  const { t } = useTranslation();
  const router = useRouter();
  return (
    <Menu
      trigger={
        <button
          type="button"
          className="flex h-14 min-w-0 flex-1 flex-col items-center justify-center gap-1 text-12 font-medium text-ink-2"
        >
          <Ellipsis aria-hidden className="size-4" />
          {t('more')}
        </button>
      }
    >
      {places.map(({ to, label, icon: Icon }) => (
        <MenuItem key={to} onSelect={() => void router.navigate({ to })}>
          <Icon aria-hidden className="size-4 text-ink-3" />
          {label}
        </MenuItem>
      ))}
    </Menu>
  );
}

function PlaceLink({ place, foot }: { place: Place; foot?: boolean }) {
  const { icon: Icon } = place;
  return (
    <Link
      to={place.to}
      activeOptions={{ exact: place.exact ?? false, includeSearch: false }}
      title={place.label}
      activeProps={{ 'aria-current': 'page' }}
      className={cx(
        'font-medium text-ink-2 transition-colors hover:bg-hover aria-[current=page]:text-ink',
        foot
          ? 'flex h-14 min-w-0 flex-1 flex-col items-center justify-center gap-1 text-12 aria-[current=page]:font-semibold'
          : 'flex h-8 items-center gap-2.5 rounded-sm px-2 text-13 aria-[current=page]:bg-hover aria-[current=page]:font-semibold max-xl:h-9 max-xl:justify-center max-xl:px-0',
      )}
    >
      <Icon aria-hidden className="size-4 shrink-0" />
      <span className={cx('max-w-full truncate', !foot && 'max-xl:sr-only')}>{place.label}</span>
      {!foot && place.count !== undefined && (
        <span className="num ml-auto text-12 text-ink-3 max-xl:hidden">{place.count}</span>
      )}
    </Link>
  );
}
