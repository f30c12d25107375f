/** At the desk: the calls back that are open where one works, the oldest first. */
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { can } from '../../can';
import { useMe } from '../../hooks';
import { recently } from '../../i18n/format';
import { paths } from '../../paths';
import { readable } from '../desk/numbers';
import { useCallbacks } from './queries';

/** So many are shown; the page has all. */
const MOST = 5;

export function CallbacksDue() {
  const { t } = useTranslation('callbacks');
  const me = useMe();
  const sees = can(me, 'callbacks:read');
  const rows = useCallbacks(true, sees).data?.pages.flatMap((page) => page.items) ?? [];
  if (!sees || rows.length === 0) return null;
  return (
    <section aria-label={t('due')} className="flex flex-col gap-2 border-b border-line px-4 py-4">
      <h2 className="flex items-baseline gap-2 text-13 font-semibold">
        {t('due')}
        <span className="num text-12 font-normal text-ink-2">{rows.length}</span>
      </h2>
      <ul className="flex flex-col gap-1">
        {rows.slice(0, MOST).map((row) => (
          <li key={row.id} className="flex items-baseline gap-2 text-13">
            <span className="min-w-0 grow truncate">{row.caller_name || readable(row.number)}</span>
            <span className="num shrink-0 text-12 text-ink-2">{recently(row.asked_at, Date.now())}</span>
          </li>
        ))}
      </ul>
      <Link to={paths.callbacks} className="text-12 text-ink-2 underline">
        {t('all')}
      </Link>
    </section>
  );
}
