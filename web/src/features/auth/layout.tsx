/** Pages before signing in: the mark, one form, the slack cord behind it, and the languages at the foot. */
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { useTitle } from '../../hooks';
import { chooseLanguage } from '../../i18n';
import { LANGUAGES } from '../../i18n/languages';
import { useStatus } from '../../prices';
import { StatusDot } from '../../ui/badge';
import { Mark } from '../../ui/cord';
import { cx } from '../../ui/cx';

export { useStatus };

export function AuthLayout(props: { title: string; note?: ReactNode; corner?: ReactNode; children: ReactNode }) {
  useTitle(props.title);
  return (
    <div className="grid min-h-dvh grid-rows-[auto_1fr_auto]">
      <header className="flex h-18 items-center gap-2.5 px-8 text-[15px] font-semibold max-md:h-14 max-md:px-4">
        <Mark />
        Patchbay
        <span className="ml-auto text-13 font-normal text-ink-2">{props.corner}</span>
      </header>
      <main className="relative grid place-items-center px-4 py-6">
        <SlackCord />
        <div className="relative z-1 flex w-full max-w-[400px] flex-col gap-4 bg-bg px-4 py-6">
          <div>
            <h1 className="text-24 font-semibold tracking-tight">{props.title}</h1>
            {props.note && <p className="mt-1 text-ink-2">{props.note}</p>}
          </div>
          {props.children}
        </div>
      </main>
      <Foot />
    </div>
  );
}

function SlackCord() {
  return (
    <svg
      aria-hidden="true"
      viewBox="0 0 1440 740"
      preserveAspectRatio="xMidYMid slice"
      className="pointer-events-none absolute inset-0 size-full max-md:hidden"
      strokeWidth="2.5"
    >
      <path d="M150 211C150 720 430 728 720 728S1290 720 1290 211" fill="none" className="stroke-line" />
      {[150, 250, 350, 1090, 1190, 1290].map((x) => (
        <circle key={x} cx={x} cy="202" r="9" className="fill-bg stroke-line" />
      ))}
      {[150, 1290].map((x) => (
        <circle key={x} cx={x} cy="202" r="3.5" className="fill-line" />
      ))}
    </svg>
  );
}

function Foot() {
  const { t, i18n } = useTranslation('auth');
  const status = useStatus();
  return (
    <footer className="flex flex-wrap items-center gap-x-5 gap-y-2 px-8 py-5 text-13 max-md:px-4">
      {LANGUAGES.map((one) => (
        <button
          key={one.code}
          type="button"
          lang={one.code}
          aria-pressed={i18n.resolvedLanguage === one.code}
          onClick={() => void chooseLanguage(one.code)}
          className={cx('min-h-6', i18n.resolvedLanguage === one.code ? 'text-ink-3' : 'text-ink-2 hover:underline')}
        >
          {one.name}
        </button>
      ))}
      <span className="ml-auto text-ink-3">
        {status.data && <StatusDot tone="ok">{t('up', { version: status.data.version })}</StatusDot>}
        {status.isError && <StatusDot tone="bad">{t('down')}</StatusDot>}
      </span>
    </footer>
  );
}
