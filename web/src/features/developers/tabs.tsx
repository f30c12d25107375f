/** The pages for those who write programs, side by side. */
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { can } from '../../can';
import { useMe } from '../../hooks';
import { paths } from '../../paths';

const look =
  'inline-flex h-7 items-center rounded-sm px-2.5 text-13 font-medium whitespace-nowrap text-ink-2 transition-colors hover:text-ink aria-[current=page]:bg-panel aria-[current=page]:text-ink aria-[current=page]:ring-1 aria-[current=page]:ring-line';

export function DeveloperTabs() {
  const { t } = useTranslation();
  const me = useMe();
  return (
    <nav
      aria-label={t('places.developers')}
      className="inline-flex max-w-full min-w-0 gap-0.5 overflow-x-auto rounded-md bg-hover p-0.5"
    >
      {can(me, 'api_keys:read') && (
        <Link to={paths.apiKeys} className={look}>
          {t('places.api_keys')}
        </Link>
      )}
      {can(me, 'webhooks:read') && (
        <Link to={paths.webhooks} className={look}>
          {t('places.webhooks')}
        </Link>
      )}
      {can(me, 'events:read') && (
        <Link to={paths.events} className={look}>
          {t('places.events')}
        </Link>
      )}
      <Link to={paths.reference} className={look}>
        {t('places.reference')}
      </Link>
    </nav>
  );
}
