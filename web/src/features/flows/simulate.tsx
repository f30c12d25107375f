/** A call played against the draft: what is heard, a keypad, the variables, and a step back. The server's own engine plays it. */
import { Bookmark, Clock3, PhoneOff, RotateCcw, Undo2, X } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Button, IconButton } from '../../ui/button';
import { cx } from '../../ui/cx';
import { TextField } from '../../ui/field';
import { Dialog } from '../../ui/overlay';
import { ErrorState, Note } from '../../ui/state';
import { CallDraft } from './call-draft';
import { useEditor } from './context';
import { nodeName } from './kinds';
import { KEYS } from './parts';
import type { Act, Script, Trace } from './queries';
import { deeds, stepBack, withAct } from './script';
import { lineOf } from './transcript';

export const NEW_SCRIPT: Script = { caller: '+14155550177', called: '', at: '', acts: [] };

export function Simulator(props: {
  flow: string;
  script: Script;
  onScript: (script: Script) => void;
  trace: Trace | undefined;
  error: unknown;
  onRetry: () => void;
  onClose: () => void;
  onKeep: () => void;
}) {
  const { t } = useTranslation('flow-steps');
  const { script, onScript, trace } = props;
  const [asking, setAsking] = useState(false);
  const over = Boolean(trace?.outcome);
  const act = (one: Act) => onScript(withAct(script, one));
  return (
    <section aria-label={t('simulate.title')} className="flex h-full min-h-0 flex-col bg-panel">
      <div className="flex items-center gap-1 border-b border-line py-2 pr-2 pl-4">
        <h2 className="grow text-14 font-semibold">{t('simulate.title')}</h2>
        <IconButton
          label={t('simulate.back')}
          reason={script.acts.length === 0 && t('simulate.at_start')}
          onClick={() => onScript(stepBack(script))}
        >
          <Undo2 aria-hidden className="size-4" />
        </IconButton>
        <IconButton label={t('simulate.again')} onClick={() => onScript({ ...script, acts: [] })}>
          <RotateCcw aria-hidden className="size-4" />
        </IconButton>
        <IconButton label={t('simulate.about')} onClick={() => setAsking(true)}>
          <Clock3 aria-hidden className="size-4" />
        </IconButton>
        <IconButton label={t('simulate.close')} onClick={props.onClose}>
          <X aria-hidden className="size-4" />
        </IconButton>
      </div>
      <div className="min-h-0 grow overflow-y-auto px-4 py-3" aria-live="polite">
        {props.error ? (
          <ErrorState error={props.error} onRetry={props.onRetry} />
        ) : (
          trace && <Transcript trace={trace} />
        )}
      </div>
      {trace && !over && (
        <div className="flex flex-col gap-2 border-t border-line p-3">
          <p className="text-12 text-ink-3">{t(`waiting.${trace.waiting ?? 'keys'}`)}</p>
          {deeds(trace).length > 0 && (
            <div className="flex flex-wrap gap-1.5">
              {deeds(trace).map((one) => (
                <Button key={one.key} size="xs" onClick={() => act(one.act)}>
                  {t(`deed.${one.key}`)}
                </Button>
              ))}
            </div>
          )}
          <Keypad onKey={(key) => act({ do: 'keys', keys: key })} />
          <div className="flex gap-1.5">
            <Button size="sm" className="grow" onClick={() => act({ do: 'silence' })}>
              {t('deed.silence')}
            </Button>
            <Button size="sm" look="danger" className="grow" onClick={() => act({ do: 'hang_up' })}>
              <PhoneOff aria-hidden className="size-3.5" />
              {t('deed.hang_up')}
            </Button>
          </div>
        </div>
      )}
      {trace && (
        <div className="flex flex-col gap-2 border-t border-line p-3">
          <Variables trace={trace} />
          <Button size="sm" onClick={props.onKeep}>
            <Bookmark aria-hidden className="size-3.5" />
            {t('simulate.keep')}
          </Button>
          <CallDraft flow={props.flow} />
        </div>
      )}
      <About open={asking} script={script} onScript={onScript} onClose={() => setAsking(false)} />
    </section>
  );
}

function Transcript({ trace }: { trace: Trace }) {
  const { t } = useTranslation('flow-steps');
  const { graph, nameOf, words, select } = useEditor();
  let before = '';
  return (
    <ol className="flex flex-col gap-1.5 text-13">
      {trace.events.map((event, at) => {
        const line = lineOf(event.what, nameOf, t);
        const node = event.node !== before ? graph.nodes[event.node] : undefined;
        before = event.node;
        return (
          // biome-ignore lint/suspicious/noArrayIndexKey: what happened stays where it is.
          <li key={at} className="flex flex-col gap-1">
            {node && (
              <button
                type="button"
                onClick={() => select([event.node], true)}
                className="mt-1 min-h-6 self-start rounded-sm text-12 font-medium text-ink-3 hover:text-ink hover:underline"
              >
                {nodeName(node, words)}
              </button>
            )}
            <span
              className={cx(
                'w-fit max-w-[92%] rounded-md px-2.5 py-1.5',
                line.who === 'caller' && 'self-end bg-brand-bg',
                line.who === 'flow' && 'bg-hover',
                line.who === 'note' && 'px-0 py-0 text-12 text-ink-2',
              )}
            >
              <span className="sr-only">{t(`who.${line.who}`)}: </span>
              {line.text}
            </span>
          </li>
        );
      })}
      {trace.misfit !== null && trace.misfit !== undefined && (
        <li>
          <Note tone="warn" title={t('simulate.misfit', { number: trace.misfit + 1 })} />
        </li>
      )}
    </ol>
  );
}

function Keypad({ onKey }: { onKey: (key: string) => void }) {
  const { t } = useTranslation('flow-steps');
  return (
    <fieldset
      className="grid grid-cols-3 gap-1"
      onKeyDown={(event) => {
        if (!(KEYS as readonly string[]).includes(event.key) || event.ctrlKey || event.metaKey) return;
        event.preventDefault();
        onKey(event.key);
      }}
    >
      <legend className="sr-only">{t('simulate.keypad')}</legend>
      {KEYS.map((key) => (
        <Button key={key} size="sm" look="quiet" className="num text-14" onClick={() => onKey(key)}>
          {key}
        </Button>
      ))}
    </fieldset>
  );
}

function Variables({ trace }: { trace: Trace }) {
  const { t } = useTranslation('flow-steps');
  const { graph } = useEditor();
  const own = graph.variables.map((one) => one.name);
  const shown = Object.entries(trace.variables).filter(([name, value]) => own.includes(name) || value !== '');
  return (
    <details>
      <summary className="cursor-pointer rounded-sm py-0.5 text-13 font-semibold text-ink-2">
        {t('simulate.variables')}
      </summary>
      <dl className="grid max-h-32 grid-cols-[auto_minmax(0,1fr)] gap-x-3 gap-y-1 overflow-y-auto pt-2 text-12">
        {shown.map(([name, value]) => (
          <div key={name} className="contents">
            <dt className="font-mono text-ink-3">{name}</dt>
            <dd className="truncate">{String(value) || '–'}</dd>
          </div>
        ))}
      </dl>
    </details>
  );
}

/** Who calls, which number, when. */
function About(props: { open: boolean; script: Script; onScript: (script: Script) => void; onClose: () => void }) {
  const { t } = useTranslation('flow-steps');
  const { script, onScript } = props;
  return (
    <Dialog open={props.open} onClose={props.onClose} title={t('simulate.about')} note={t('simulate.about_note')}>
      <div className="flex flex-col gap-4">
        <TextField
          label={t('simulate.caller')}
          hint={t('simulate.caller_hint')}
          value={script.caller}
          onChange={(event) => onScript({ ...script, caller: event.target.value.trim() })}
        />
        <TextField
          label={t('simulate.called')}
          value={script.called}
          onChange={(event) => onScript({ ...script, called: event.target.value.trim() })}
        />
        <TextField
          type="datetime-local"
          label={t('simulate.when')}
          hint={t('simulate.when_hint')}
          value={script.at.slice(0, 16)}
          onChange={(event) => onScript({ ...script, at: event.target.value ? `${event.target.value}:00Z` : '' })}
        />
      </div>
    </Dialog>
  );
}
