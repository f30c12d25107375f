import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { document } from '../../api/document';
import { Badge } from '../../ui/badge';
import { Code } from './code';
import { Fields } from './fields';
import { Method } from './method';
import {
  answerOf,
  bodyOf,
  curlOf,
  type Entry,
  exampleOf,
  fieldsOf,
  paramsOf,
  problemsOf,
  takesKey,
  typeOf,
  waysOf,
  wordsOf,
} from './operations';
import { Words } from './words';

/** One operation: what it does, who may, what goes in, what comes out, what can be wrong. */
export function OperationView({ entry }: { entry: Entry }) {
  const { t } = useTranslation('reference');
  const { operation } = entry;
  const { title, more } = wordsOf(operation);
  const body = bodyOf(operation);
  const answer = answerOf(operation);
  const params = paramsOf(operation).map((one) => ({
    name: one.name,
    type: one.schema ? typeOf(document, one.schema) : 'string',
    required: one.required ?? false,
    text: one.description ?? (one.in === 'path' ? t('in_path') : ''),
    inner: [],
  }));
  return (
    <article className="flex max-w-4xl flex-col gap-6" aria-labelledby="operation">
      <header className="flex flex-col gap-2">
        <h2 id="operation" className="text-16 font-semibold tracking-tight">
          {title}
        </h2>
        <p className="flex flex-wrap items-baseline gap-2 text-13">
          <Method name={entry.method} wide />
          <code className="min-w-0 break-all">{entry.path}</code>
        </p>
        {more && (
          <p className="max-w-[70ch] text-14 text-ink-2">
            <Words>{more}</Words>
          </p>
        )}
        <WhoMay entry={entry} />
      </header>
      <Code label="curl">{curlOf(document, entry, location.origin)}</Code>
      {params.length > 0 && (
        <Part title={t('parameters')}>
          <Fields label={t('parameters')} rows={params} />
        </Part>
      )}
      {takesKey(operation) && <p className="max-w-[70ch] text-13 text-ink-2">{t('repeatable')}</p>}
      {body && (
        <Part title={t('body')}>
          <Fields label={t('body')} rows={fieldsOf(document, body)} />
        </Part>
      )}
      {answer && (
        <Part title={t('answer', { status: answer.status })}>
          {answer.schema ? (
            <>
              <Fields label={t('answer', { status: answer.status })} rows={fieldsOf(document, answer.schema)} />
              <Code label={t('example')}>{JSON.stringify(exampleOf(document, answer.schema), null, 2)}</Code>
            </>
          ) : (
            <p className="text-13 text-ink-2">{t('no_body')}</p>
          )}
        </Part>
      )}
      <Part title={t('problems')}>
        <Problems entry={entry} />
      </Part>
    </article>
  );
}

export function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section aria-label={title} className="flex flex-col gap-3">
      <h3 className="text-14 font-semibold">{title}</h3>
      {children}
    </section>
  );
}

function WhoMay({ entry }: { entry: Entry }) {
  const { t } = useTranslation('reference');
  const ways = waysOf(entry.operation);
  return (
    <p className="flex flex-wrap gap-2">
      {ways.key && <Badge tone="brand">{ways.scope ? t('who.scope', { scope: ways.scope }) : t('who.any_key')}</Badge>}
      {ways.seatToken && <Badge tone="brand">{t('who.seat_token')}</Badge>}
      {ways.person && <Badge tone="plain">{ways.key || ways.seatToken ? t('who.person') : t('who.person_only')}</Badge>}
      {ways.open && <Badge tone="plain">{t('who.anybody')}</Badge>}
    </p>
  );
}

function Problems({ entry }: { entry: Entry }) {
  const { t } = useTranslation('problems');
  const { t: word } = useTranslation('reference');
  return (
    <table className="w-full border-collapse text-13">
      <caption className="sr-only">{word('problems')}</caption>
      <tbody>
        {problemsOf(entry).map(([status, codes]) => (
          <tr key={status} className="border-line align-top not-last:border-b">
            <th scope="row" className="num w-14 py-2 pr-3 text-left font-medium">
              {status}
            </th>
            <td className="py-2">
              <ul className="flex flex-col gap-1">
                {codes.map((code) => (
                  <li key={code} className="flex flex-wrap gap-x-3">
                    <code className="text-12">{code}</code>
                    <span className="text-ink-2">{t(code)}</span>
                  </li>
                ))}
              </ul>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
