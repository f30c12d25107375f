/** Before a draft goes live: what stands in the way, what is different, and a note for those who come later. */
import { CircleAlert } from 'lucide-react';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Button } from '../../ui/button';
import { cx } from '../../ui/cx';
import { Field, inputClass } from '../../ui/field';
import { Dialog } from '../../ui/overlay';
import { Note } from '../../ui/state';
import { useEditor } from './context';
import { Difference } from './difference';
import { nodeName } from './kinds';
import type { Graph } from './model/graph';
import type { Verdict } from './queries';
import { faultText } from './samples';
import { sentence } from './words';

export function PublishDialog(props: {
  open: boolean;
  onClose: () => void;
  /** The live version; null where there is none. */
  live: Graph | null;
  /** How the draft does in its sample calls. */
  verdicts: Verdict[];
  busy: boolean;
  error: string | null;
  revision: number;
  onPublish: (intent: { note: string; revision: number; key: string }) => void;
}) {
  const { t } = useTranslation('flow-steps');
  const { graph, findings, words, select } = useEditor();
  const [note, setNote] = useState('');
  const { revision } = props;
  // The same draft with the same words, sent twice, is published once.
  const intent = useMemo(() => ({ note: note.trim(), revision, key: crypto.randomUUID() }), [note, revision]);
  const errors = findings.filter((one) => one.severity === 'error');
  const failing = props.verdicts.filter((one) => one.faults.length > 0);
  const blocked = errors.length > 0 || failing.length > 0;
  const name = (node: string) => nodeName(graph.nodes[node], words) || node;
  return (
    <Dialog
      open={props.open}
      onClose={props.onClose}
      wide
      title={t('publish.title')}
      note={t('publish.note')}
      foot={
        <>
          <Button look="ghost" onClick={props.onClose}>
            {t('common:cancel')}
          </Button>
          <Button
            look="primary"
            busy={props.busy}
            reason={blocked && t('publish.blocked')}
            onClick={() => props.onPublish(intent)}
          >
            {t('publish.action')}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-5">
        {blocked && (
          <Note tone="bad" title={t('publish.blocked')}>
            <ul className="mt-1 flex flex-col gap-1">
              {errors.map((one, at) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: findings have no name; the list is replaced whole.
                <li key={at}>
                  <button
                    type="button"
                    className="min-h-6 text-left underline decoration-line-strong underline-offset-2"
                    onClick={() => {
                      props.onClose();
                      select(one.node ? [one.node] : [], true);
                    }}
                  >
                    {one.node && `${name(one.node)}: `}
                    {sentence(one, one.node ? graph.nodes[one.node] : undefined, t)}
                  </button>
                </li>
              ))}
              {failing.map((one) => (
                <li key={one.name} className="flex gap-1.5">
                  <CircleAlert aria-hidden className="mt-0.5 size-3.5 shrink-0 text-bad" />
                  <span>
                    {t('publish.sample_fails', { name: one.name })}:{' '}
                    {one.faults.map((fault) => faultText(fault, name, t)).join('; ')}
                  </span>
                </li>
              ))}
            </ul>
          </Note>
        )}
        {props.error && <Note tone="bad" title={props.error} />}
        <section>
          <h3 className="mb-2 text-13 font-semibold">{t('publish.changes')}</h3>
          {props.live ? (
            <Difference from={props.live} to={graph} />
          ) : (
            <p className="text-13 text-ink-2">{t('publish.first', { count: Object.keys(graph.nodes).length })}</p>
          )}
        </section>
        <Field label={t('publish.about')} hint={t('publish.about_hint')}>
          {(wiring) => (
            <textarea
              {...wiring}
              rows={2}
              maxLength={500}
              className={cx(inputClass, 'h-auto resize-y py-2')}
              value={note}
              onChange={(event) => setNote(event.target.value)}
            />
          )}
        </Field>
      </div>
    </Dialog>
  );
}
