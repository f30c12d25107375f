import { Link, useSearch } from '@tanstack/react-router';
import { ArrowLeft, Download } from 'lucide-react';
import { useDeferredValue, useEffect, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { document as api } from '../../api/document';
import { paths } from '../../paths';
import { usePrices } from '../../prices';
import { buttonClass } from '../../ui/button';
import { cx } from '../../ui/cx';
import { SearchField } from '../../ui/field';
import { Page } from '../../ui/page';
import { EmptyState } from '../../ui/state';
import { DeveloperTabs } from '../developers/tabs';
import { Guide } from './guide';
import { Method } from './method';
import { OperationView } from './operation';
import { byTag, type Entry, entries, search, wordsOf } from './operations';

const ALL = entries(api);

/** Every operation of the API, out of the document that the server is generated with; nothing is fetched. */
export function ReferencePage() {
  const { t } = useTranslation('reference');
  const { op } = useSearch({ strict: false }) as { op?: string };
  const [text, setText] = useState('');
  const wanted = useDeferredValue(text);
  const prices = usePrices();
  const groups = useMemo(
    () =>
      byTag(
        search(
          ALL.filter((one) => prices || one.tag !== 'billing'),
          wanted,
        ),
      ),
    [prices, wanted],
  );
  const entry = ALL.find((one) => one.id === op) ?? null;
  const top = useRef<HTMLDivElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another operation starts at its top.
  useEffect(() => {
    if (top.current) top.current.scrollTop = 0;
  }, [op]);
  return (
    <Page
      title={t('title')}
      views={<DeveloperTabs />}
      bleed
      className="flex min-h-0"
      actions={
        <a
          href="/v1/openapi.json"
          download="patchbay-openapi.json"
          className={buttonClass({ size: 'sm', look: 'quiet' })}
        >
          <Download aria-hidden className="size-4" />
          OpenAPI
        </a>
      }
    >
      <div
        className={cx(
          'flex w-80 shrink-0 flex-col border-r border-line max-lg:w-64 max-md:w-full max-md:border-r-0',
          op && 'max-md:hidden',
        )}
      >
        <div className="border-b border-line p-3">
          <SearchField label={t('search')} value={text} onChange={setText} className="w-full" />
        </div>
        <nav aria-label={t('operations')} className="min-h-0 grow overflow-y-auto p-3">
          {!wanted && (
            <Link
              to={paths.reference}
              search={{ op: 'start' } as never}
              aria-current={(!entry && 'page') || undefined}
              className={ROW}
            >
              {t('start')}
            </Link>
          )}
          {groups.map(([tag, rows]) => (
            <Group key={tag} tag={tag} rows={rows} now={entry?.id ?? null} />
          ))}
          {groups.length === 0 && <EmptyState title={t('nothing', { text: wanted })} />}
        </nav>
      </div>
      <div
        ref={top}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by keyboard.
        tabIndex={0}
        className={cx('min-w-0 grow overflow-y-auto p-6 max-md:p-4', !op && 'max-md:hidden')}
      >
        <Link to={paths.reference} className="mb-4 hidden items-center gap-1.5 text-13 text-ink-2 max-md:inline-flex">
          <ArrowLeft aria-hidden className="size-4" />
          {t('operations')}
        </Link>
        {entry ? <OperationView entry={entry} /> : <Guide />}
      </div>
    </Page>
  );
}

const ROW =
  'flex min-h-8 items-center gap-2 rounded-sm px-2 py-1 text-13 text-ink-2 hover:bg-hover aria-[current=page]:bg-hover aria-[current=page]:font-semibold aria-[current=page]:text-ink';

function Group({ tag, rows, now }: { tag: string; rows: Entry[]; now: string | null }) {
  const { t, i18n } = useTranslation('reference');
  const name = i18n.exists(`tags.${tag}`, { ns: 'reference' }) ? t(`tags.${tag}`) : tag;
  return (
    <section aria-label={name} className="mt-4">
      <h2 className="px-2 pb-1 text-12 font-semibold text-ink-3">{name}</h2>
      {rows.map((one) => (
        <Link
          key={one.id}
          to={paths.reference}
          search={{ op: one.id } as never}
          aria-current={(one.id === now && 'page') || undefined}
          className={ROW}
        >
          <Method name={one.method} />
          <span className="min-w-0 grow">{wordsOf(one.operation).title}</span>
        </Link>
      ))}
    </section>
  );
}
