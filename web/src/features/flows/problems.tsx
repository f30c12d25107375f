/** What the server finds wrong with the draft, worst first; a press goes there. */
import { ChevronDown, CircleAlert, CircleCheck, TriangleAlert } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Badge } from '../../ui/badge';
import { IconButton } from '../../ui/button';
import { cx } from '../../ui/cx';
import { useEditor } from './context';
import { nodeName } from './kinds';
import { sentence } from './words';

export function Problems() {
  const { t } = useTranslation('flow-steps');
  const { findings, graph, select, words } = useEditor();
  const [folded, setFolded] = useState(false);
  const errors = findings.filter((one) => one.severity === 'error').length;
  const warnings = findings.length - errors;
  if (findings.length === 0)
    return (
      <section aria-label={t('problems.title')} className="border-t border-line bg-panel px-4 py-2.5">
        <p className="flex items-center gap-2 text-13 text-ink-2">
          <CircleCheck aria-hidden className="size-4 text-ok" />
          {t('problems.none')}
        </p>
      </section>
    );
  return (
    <section
      aria-label={t('problems.title')}
      className="flex max-h-[34vh] min-h-0 flex-col border-t border-line bg-panel"
    >
      <div className="flex h-10 shrink-0 items-center gap-2 px-4">
        <h2 className="text-13 font-semibold">{t('problems.title')}</h2>
        {errors > 0 && (
          <Badge tone="bad">
            <CircleAlert aria-hidden />
            {t('problems.errors', { count: errors })}
          </Badge>
        )}
        {warnings > 0 && (
          <Badge tone="warn">
            <TriangleAlert aria-hidden />
            {t('problems.warnings', { count: warnings })}
          </Badge>
        )}
        <IconButton
          className="ml-auto"
          size="xs"
          label={t(folded ? 'problems.unfold' : 'problems.fold')}
          aria-expanded={!folded}
          onClick={() => setFolded(!folded)}
        >
          <ChevronDown aria-hidden className={cx('size-3.5', folded && 'rotate-180')} />
        </IconButton>
      </div>
      {!folded && (
        <ul className="min-h-0 overflow-y-auto">
          {findings.map((one, at) => {
            const node = one.node ? graph.nodes[one.node] : undefined;
            const Icon = one.severity === 'error' ? CircleAlert : TriangleAlert;
            return (
              // biome-ignore lint/suspicious/noArrayIndexKey: findings have no name; the list is replaced whole.
              <li key={at} className="border-t border-line">
                <button
                  type="button"
                  onClick={() => select(one.node && node ? [one.node] : [], true)}
                  className="flex min-h-8 w-full items-center gap-2.5 px-4 py-1 text-left text-13 hover:bg-hover"
                >
                  <Icon
                    role="img"
                    aria-label={t(`problems.${one.severity}`)}
                    className={cx('size-4 shrink-0', one.severity === 'error' ? 'text-bad' : 'text-warn')}
                  />
                  <span className="min-w-0">
                    {one.node && <b className="font-medium">{node ? nodeName(node, words) : one.node}: </b>}
                    {sentence(one, node, t)}
                  </span>
                </button>
              </li>
            );
          })}
        </ul>
      )}
    </section>
  );
}
