import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { paths } from '../paths';

export function NotFound() {
  const { t } = useTranslation();
  return (
    <div className="grid min-h-dvh place-items-center p-6">
      <div className="flex flex-col items-center gap-3 text-center">
        <h1 className="text-20 font-semibold">{t('not_found.title')}</h1>
        <p className="text-ink-2">{t('not_found.text')}</p>
        <Link to={paths.home} className="font-medium text-brand hover:underline">
          {t('not_found.back')}
        </Link>
      </div>
    </div>
  );
}
