import { ChevronRight } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { cx } from '../../ui/cx';
import type { FieldRow } from './operations';
import { Words } from './words';

/** Fields with their types; what stands within one opens under it. */
export function Fields({ label, rows }: { label: string; rows: FieldRow[] }) {
  return (
    <ul aria-label={label} className="rounded-lg border border-line">
      {rows.map((row) => (
        <FieldLine key={row.name} row={row} />
      ))}
    </ul>
  );
}

function FieldLine({ row }: { row: FieldRow }) {
  const { t } = useTranslation('reference');
  const [open, setOpen] = useState(false);
  return (
    <li className="border-line px-3 py-2 text-13 not-first:border-t">
      <p className="flex flex-wrap items-baseline gap-x-3 gap-y-0.5">
        <code className="font-semibold">{row.name}</code>
        <code className="text-12 break-all text-ink-3">{row.type}</code>
        {row.required && <span className="text-12 text-warn">{t('required')}</span>}
        {row.inner.length > 0 && (
          <button
            type="button"
            aria-expanded={open}
            onClick={() => setOpen(!open)}
            className="inline-flex min-h-6 items-center gap-1 rounded-sm px-1 text-12 text-ink-2 hover:bg-hover"
          >
            <ChevronRight aria-hidden className={cx('size-3.5 transition-transform', open && 'rotate-90')} />
            {t('fields', { count: row.inner.length })}
          </button>
        )}
      </p>
      {row.text && (
        <p className="mt-0.5 text-ink-2">
          <Words>{row.text}</Words>
        </p>
      )}
      {open && (
        <div className="mt-2">
          <Fields label={row.name} rows={row.inner} />
        </div>
      )}
    </li>
  );
}
