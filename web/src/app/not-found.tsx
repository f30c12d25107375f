import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { useTitle } from '../hooks';
import { paths } from '../paths';
import { buttonClass } from '../ui/button';
import { Mark, UnpluggedCord } from '../ui/cord';

export function NotFound() {
  const { t } = useTranslation();
  useTitle(t('not_found.title'));
  return (
    <div className="grid min-h-dvh grid-rows-[auto_1fr_auto]">
      <header className="flex h-18 items-center px-8 max-md:h-14 max-md:px-4">
        <Link to={paths.home} className="flex items-center gap-2.5 rounded-sm text-[15px] font-semibold">
          <Mark />
          Patchbay
        </Link>
      </header>
      <main className="flex flex-col items-center justify-center gap-2 px-6 pb-18 text-center">
        <UnpluggedCord />
        <h1 className="mt-3 text-24 font-semibold tracking-tight">{t('not_found.title')}</h1>
        <p className="max-w-[44ch] text-balance text-ink-2">{t('not_found.text')}</p>
        <Link to={paths.home} className={buttonClass({ look: 'primary', className: 'mt-3' })}>
          {t('not_found.back')}
        </Link>
      </main>
    </div>
  );
}
