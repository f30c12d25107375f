/** Sample calls: kept with the flow, played at once, and in the way of publishing while one fails. */
import { CircleCheck, CircleX, Play, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Badge } from '../../ui/badge';
import { Button, IconButton } from '../../ui/button';
import { Field, Input, TextField } from '../../ui/field';
import { Dialog } from '../../ui/overlay';
import { EmptyState, ErrorState, Note } from '../../ui/state';
import { useEditor } from './context';
import { nodeName } from './kinds';
import type { Fault, Sample, Script, Trace, Verdict } from './queries';

/** What a call that was just played must do from now on: where it went, how it ended. */
export function expectationOf(trace: Trace, flow: string): Sample['expect'] {
  const visits = trace.path.filter((step) => step.flow === flow).map((step) => step.node);
  return { visits, ends_at: trace.node, outcome: trace.outcome ?? null, says: [] };
}

/** Keeps the simulated call. */
export function KeepSample(props: {
  open: boolean;
  onClose: () => void;
  flow: string;
  script: Script;
  trace: Trace | undefined;
  taken: string[];
  busy: boolean;
  error: string | null;
  onKeep: (sample: Sample) => void;
}) {
  const { t } = useTranslation('flow-steps');
  const { graph, words } = useEditor();
  const [name, setName] = useState('');
  const [words_, setWords] = useState('');
  const { trace } = props;
  if (!trace) return null;
  const expect = expectationOf(trace, props.flow);
  const twice = props.taken.includes(name.trim());
  return (
    <Dialog
      open={props.open}
      onClose={props.onClose}
      title={t('samples.keep')}
      note={t('samples.keep_note')}
      foot={
        <>
          <Button look="ghost" onClick={props.onClose}>
            {t('common:cancel')}
          </Button>
          <Button
            look="primary"
            busy={props.busy}
            reason={name.trim() ? twice && t('samples.twice') : t('samples.needs_name')}
            onClick={() => {
              const says = words_.trim() ? [words_.trim()] : [];
              props.onKeep({ name: name.trim(), script: props.script, expect: { ...expect, says } });
              setName('');
              setWords('');
            }}
          >
            {t('samples.keep_action')}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-4">
        <TextField
          label={t('samples.name')}
          placeholder={t('samples.name_placeholder')}
          value={name}
          maxLength={80}
          error={twice ? t('samples.twice') : null}
          onChange={(event) => setName(event.target.value)}
        />
        <div>
          <p className="mb-1 text-13 font-medium">{t('samples.expects')}</p>
          <ol className="flex flex-wrap items-center gap-1 text-12 text-ink-2">
            {expect.visits.map((node, at) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: a call may come to one step several times.
              <li key={at} className="flex items-center gap-1">
                {at > 0 && <span aria-hidden>→</span>}
                <Badge>{nodeName(graph.nodes[node], words) || node}</Badge>
              </li>
            ))}
          </ol>
          <p className="mt-2 text-13 text-ink-2">
            {trace.outcome ? t(`outcome.${trace.outcome}`) : t(`waiting.${trace.waiting ?? 'keys'}`)}
          </p>
        </div>
        <Field label={t('samples.says')} hint={t('samples.says_hint')}>
          {(wiring) => <Input {...wiring} value={words_} onChange={(event) => setWords(event.target.value)} />}
        </Field>
        {props.error && <Note tone="bad" title={props.error} />}
      </div>
    </Dialog>
  );
}

export function faultText(fault: Fault, nameOfNode: (name: string) => string, t: unknown): string {
  const say = t as (key: string, values?: object) => string;
  switch (fault.kind) {
    case 'misfit':
      return say('fault.misfit', { number: fault.act + 1 });
    case 'not_visited':
      return say('fault.not_visited', { step: nameOfNode(fault.node) });
    case 'ends_elsewhere':
      return say('fault.ends_elsewhere', { step: nameOfNode(fault.node) });
    case 'other_outcome':
      return fault.outcome
        ? say('fault.other_outcome', { how: say(`outcome.${fault.outcome}`) })
        : say('fault.goes_on');
    case 'not_said':
      return say('fault.not_said', { words: fault.words });
  }
}

/** All of them with what became of each. */
export function SamplesDialog(props: {
  open: boolean;
  onClose: () => void;
  samples: Sample[];
  verdicts: Verdict[];
  error: unknown;
  busy: boolean;
  onRun: () => void;
  onPlay: (sample: Sample) => void;
  onRemove: (sample: Sample) => void;
}) {
  const { t } = useTranslation('flow-steps');
  const { readOnly } = useEditor();
  const { samples, verdicts } = props;
  const failing = verdicts.filter((one) => one.faults.length > 0).length;
  return (
    <Dialog
      open={props.open}
      onClose={props.onClose}
      wide
      title={t('samples.title')}
      note={t('samples.note')}
      foot={
        <Button
          look="primary"
          busy={props.busy}
          reason={samples.length === 0 && t('samples.empty')}
          onClick={props.onRun}
        >
          <Play aria-hidden className="size-3.5" />
          {t('samples.run')}
        </Button>
      }
    >
      {Boolean(props.error) && <ErrorState error={props.error} />}
      {samples.length === 0 && <EmptyState title={t('samples.empty')}>{t('samples.empty_note')}</EmptyState>}
      {verdicts.length > 0 && (
        <Note
          className="mb-3"
          tone={failing > 0 ? 'bad' : 'ok'}
          title={failing > 0 ? t('samples.some_fail', { count: failing }) : t('samples.all_pass')}
        />
      )}
      <ul className="flex flex-col divide-y divide-line">
        {samples.map((sample) => (
          <SampleLine
            key={sample.name}
            sample={sample}
            result={verdicts.find((one) => one.name === sample.name)}
            onPlay={() => props.onPlay(sample)}
            {...(readOnly ? {} : { onRemove: () => props.onRemove(sample) })}
          />
        ))}
      </ul>
    </Dialog>
  );
}

function SampleLine(props: { sample: Sample; result: Verdict | undefined; onPlay: () => void; onRemove?: () => void }) {
  const { t } = useTranslation('flow-steps');
  const { graph, words } = useEditor();
  const { sample, result } = props;
  const passes = result && result.faults.length === 0;
  return (
    <li className="flex items-start gap-2.5 py-2.5">
      {result && !passes && (
        <CircleX role="img" aria-label={t('samples.fails')} className="mt-1 size-4 shrink-0 text-bad" />
      )}
      {passes && <CircleCheck role="img" aria-label={t('samples.passes')} className="mt-1 size-4 shrink-0 text-ok" />}
      <div className="min-w-0 grow">
        <p className="text-13 font-medium">{sample.name}</p>
        {result?.faults.map((fault, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: faults have no name; the list is replaced whole.
          <p key={at} className="text-12 text-bad">
            {faultText(fault, (name) => nodeName(graph.nodes[name], words) || name, t)}
          </p>
        ))}
      </div>
      <Button size="xs" onClick={props.onPlay}>
        {t('samples.play')}
      </Button>
      {props.onRemove && (
        <IconButton size="xs" label={t('samples.remove', { name: sample.name })} onClick={props.onRemove}>
          <Trash2 aria-hidden className="size-3.5" />
        </IconButton>
      )}
    </li>
  );
}
