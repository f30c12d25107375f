/** The builder: one draft, drawn or as a list, with its settings, its problems and a call to try. Knows no kind of step by name. */
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { FlaskConical, History as HistoryIcon, Play, Redo2, Undo2 } from 'lucide-react';
import { lazy, Suspense, useCallback, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { keys } from '../../api/query';
import { can } from '../../can';
import { useMe } from '../../hooks';
import { time } from '../../i18n/format';
import { useProblemText } from '../../i18n/problems';
import { paths } from '../../paths';
import { Badge } from '../../ui/badge';
import { Button, IconButton } from '../../ui/button';
import { cx } from '../../ui/cx';
import { Sheet } from '../../ui/overlay';
import { Page } from '../../ui/page';
import { ErrorState, PageSkeleton } from '../../ui/state';
import { Segments } from '../../ui/tabs';
import { toast } from '../../ui/toast';
import { Conflict } from './conflict';
import { type Editor, EditorContext } from './context';
import { useDraftEditor } from './draft';
import { useClipboard, useShortcuts } from './hands';
import { Inspector } from './inspector';
import type { NodeKind, Words } from './kind';
import { exitsOf, freshNode, nodeName } from './kinds';
import type { Way } from './model/command';
import { freshName, type Place } from './model/graph';
import { OutlineView } from './outline';
import { Palette, StepPicker } from './palette';
import { Problems } from './problems';
import { PublishDialog } from './publish';
import { type Flow, type Script, useFlow, useFlowVersion, usePublish, useSimulation, useVersions } from './queries';
import { useNameOf } from './references';
import { KeepSample, SamplesDialog } from './samples';
import { trailOf } from './script';
import { roomFor } from './shape';
import { NEW_SCRIPT, Simulator } from './simulate';
import { Versions } from './versions';
import { useWide } from './width';

const Canvas = lazy(() => import('./canvas/canvas'));

export function FlowPage() {
  const { id } = useParams({ strict: false }) as { id: string };
  const { t } = useTranslation(['flow-steps', 'flows']);
  const flow = useFlow(id);
  if (flow.data) return <Open key={id} flow={flow.data} />;
  if (!flow.error) return <PageSkeleton />;
  return (
    <Page title={t('flows:title')}>
      <ErrorState error={flow.error} onRetry={() => void flow.refetch()} />
    </Page>
  );
}

type View = 'canvas' | 'outline';

/** A draft once opened is the editor's; what the cache learns later does not replace it under the hand. */
function Open({ flow }: { flow: Flow }) {
  const { t } = useTranslation(['flow-steps', 'flows']);
  const words = t as unknown as Words;
  const me = useMe();
  const wide = useWide();
  const say = useProblemText();
  const navigate = useNavigate();
  const search = useSearch({ strict: false }) as { view?: View; panel?: string };
  const client = useQueryClient();
  const onStored = useCallback(
    (stored: Flow) => {
      client.setQueryData(keys.flow(stored.id), stored);
      void client.invalidateQueries({ queryKey: keys.flows, exact: true });
    },
    [client],
  );
  const [first] = useState(flow);
  const draft = useDraftEditor(first, onStored);
  const { now: graph, past, future } = draft.history;
  const readOnly = !can(me, 'flows:write');
  const view: View = search.view ?? (wide ? 'canvas' : 'outline');
  const go = (next: { view?: View; panel?: string }) =>
    void navigate({ to: '.', search: { ...search, ...next } as never, replace: true });

  const [selected, setSelected] = useState<readonly string[]>([]);
  const [shown, setShown] = useState<Editor['shown']>(null);
  const [picking, setPicking] = useState<{ into: Way | null } | null>(null);
  const nameOf = useNameOf();

  const select = useCallback<Editor['select']>((names, show) => {
    setSelected(names);
    const [name] = names;
    if (show && name !== undefined) setShown({ name, at: Date.now() });
  }, []);

  const { perform } = draft;
  const add = useCallback(
    (kind: NodeKind, where: { into?: Way; place?: Place }) => {
      // Without a word of where, behind what is selected: on the first way out of it that leads nowhere, else on its first way.
      const behind = selected.length === 1 && selected[0] ? graph.nodes[selected[0]] : undefined;
      const exits = behind ? exitsOf(behind.kind, behind.settings) : [];
      const exit = exits.find((one) => behind?.exits[one] === undefined) ?? exits[0];
      const guessed = where.place === undefined && selected[0] && exit ? { from: selected[0], exit } : undefined;
      const into = where.into ?? guessed;
      const room = into ? roomFor(graph, into, words) : { place: where.place ?? below(graph), shift: {} };
      const name = freshName(kind.code, (one) => graph.nodes[one] !== undefined);
      perform({
        do: 'add',
        name,
        node: freshNode(kind, graph, where.place ?? room.place),
        ...(into ? { into, shift: room.shift } : {}),
      });
      select([name], where.place === undefined);
    },
    [graph, perform, select, selected, words],
  );

  const simulating = search.panel === 'simulate';
  const [script, setScript] = useState<Script>(() => ({ ...NEW_SCRIPT, at: new Date().toISOString() }));
  const simulation = useSimulation(flow.id, simulating, graph, script);
  const trace = simulation.data;
  const trail = useMemo(() => (simulating && trace ? trailOf(trace, flow.id) : null), [simulating, trace, flow.id]);

  const publish = usePublish(flow.id);
  const versions = useVersions(flow.id);
  const live = useFlowVersion(versions.data?.find((one) => one.is_live)?.id ?? null);
  const store = useMutation({ mutationFn: draft.storeSamples });
  const [keeping, setKeeping] = useState(false);

  const editor: Editor = {
    graph,
    readOnly: readOnly || !wide,
    perform,
    selected,
    select,
    shown,
    add,
    pick: (into) => setPicking({ into }),
    findings: flow.findings,
    trail,
    nameOf,
    words,
  };
  // On a phone the drawing is for looking; the outline does everything.
  const writing: Editor = { ...editor, readOnly };

  const root = useRef<HTMLDivElement>(null);
  useShortcuts(root, writing, draft);
  const clipboard = useClipboard(writing);

  const openPublish = async () => {
    go({ panel: 'publish' });
    await draft.flush();
  };

  return (
    <EditorContext.Provider value={writing}>
      <Page
        title={flow.name}
        bleed
        className="flex"
        crumbs={[
          <Link key="flows" to={paths.flows} className="hover:underline">
            {t('flows:title')}
          </Link>,
        ]}
        beside={<SavedState draft={draft} flow={flow} readOnly={readOnly} />}
        views={
          <Segments<View>
            label={t('view.label')}
            value={view}
            onChange={(next) => go({ view: next })}
            options={[
              { value: 'canvas', label: t('view.canvas') },
              { value: 'outline', label: t('view.outline') },
            ]}
          />
        }
        actions={
          <>
            {!readOnly && (
              <span className="flex gap-0.5">
                <IconButton
                  label={t('undo')}
                  aria-keyshortcuts="Control+Z"
                  reason={past.length === 0 && t('nothing_to_undo')}
                  onClick={draft.undo}
                >
                  <Undo2 aria-hidden className="size-4" />
                </IconButton>
                <IconButton
                  label={t('redo')}
                  aria-keyshortcuts="Control+Shift+Z"
                  reason={future.length === 0 && t('nothing_to_redo')}
                  onClick={draft.redo}
                >
                  <Redo2 aria-hidden className="size-4" />
                </IconButton>
              </span>
            )}
            <IconButton label={t('versions.title')} onClick={() => go({ panel: 'versions' })}>
              <HistoryIcon aria-hidden className="size-4" />
            </IconButton>
            <Button size="sm" look="quiet" onClick={() => go({ panel: 'samples' })}>
              <FlaskConical aria-hidden className="size-3.5" />
              <span className="max-2xl:sr-only">{t('samples.title')}</span>
              {flow.samples.length > 0 && <span className="num text-ink-3">{flow.samples.length}</span>}
            </Button>
            <Button
              size="sm"
              look="quiet"
              aria-pressed={simulating}
              onClick={() => go({ panel: simulating ? '' : 'simulate' })}
            >
              <Play aria-hidden className="size-3.5" />
              {t('simulate.open')}
            </Button>
            {!readOnly && (
              <Button size="sm" look="primary" onClick={() => void openPublish()}>
                {t('publish.open')}
              </Button>
            )}
          </>
        }
      >
        <div
          ref={root}
          {...clipboard}
          className={cx(
            'grid min-h-0 w-full grow grid-rows-[minmax(0,1fr)]',
            simulating
              ? 'grid-cols-[280px_minmax(0,1fr)_328px] max-xl:grid-cols-[280px_minmax(0,1fr)]'
              : readOnly
                ? 'grid-cols-[minmax(0,1fr)_328px] max-xl:grid-cols-[minmax(0,1fr)_300px]'
                : 'grid-cols-[200px_minmax(0,1fr)_328px] max-xl:grid-cols-[minmax(0,1fr)_300px]',
            'max-md:grid-cols-1',
          )}
        >
          {simulating ? (
            <div className="min-h-0 border-r border-line max-md:fixed max-md:inset-x-0 max-md:bottom-0 max-md:z-30 max-md:h-[70dvh] max-md:border-t">
              <Simulator
                flow={flow.id}
                script={script}
                onScript={setScript}
                trace={trace}
                error={simulation.error}
                onRetry={() => void simulation.refetch()}
                onClose={() => go({ panel: '' })}
                onKeep={() => setKeeping(true)}
              />
            </div>
          ) : (
            !readOnly && <Palette />
          )}
          <div className="flex min-h-0 min-w-0 flex-col">
            <div className="relative min-h-0 grow" data-view={view}>
              <div className="absolute inset-0">
                {view === 'canvas' ? (
                  <EditorContext.Provider value={editor}>
                    <Suspense fallback={<PageSkeleton />}>
                      <Canvas />
                    </Suspense>
                  </EditorContext.Provider>
                ) : (
                  <OutlineView />
                )}
              </div>
            </div>
            <Problems />
          </div>
          {wide && (
            <aside
              aria-label={t('inspector')}
              className={cx(
                'min-h-0 overflow-y-auto border-l border-line bg-panel pb-6',
                simulating && 'max-xl:hidden',
              )}
            >
              <Inspector />
            </aside>
          )}
        </div>
        {!wide && (
          <Sheet
            open={selected.length > 0}
            onClose={() => setSelected([])}
            title={nodeName(graph.nodes[selected[0] ?? ''], words)}
          >
            <div className="-m-5">
              <Inspector />
            </div>
          </Sheet>
        )}
        <StepPicker open={picking !== null} into={picking?.into ?? null} onClose={() => setPicking(null)} />
        <Conflict theirs={draft.saving.theirs} mine={graph} onMine={draft.keepMine} onTheirs={draft.takeTheirs} />
        <SamplesDialog
          open={search.panel === 'samples'}
          onClose={() => go({ panel: '' })}
          samples={flow.samples}
          verdicts={flow.verdicts}
          error={store.error}
          busy={draft.dirty}
          onRun={() => void draft.flush()}
          onPlay={(sample) => {
            setScript(sample.script);
            go({ panel: 'simulate' });
          }}
          onRemove={(sample) => {
            const before = flow.samples;
            store.mutate(
              before.filter((one) => one.name !== sample.name),
              {
                onSuccess: () =>
                  toast(t('samples.removed', { name: sample.name }), {
                    label: t('undo'),
                    onUndo: () => store.mutate(before),
                  }),
              },
            );
          }}
        />
        <KeepSample
          open={keeping}
          onClose={() => setKeeping(false)}
          flow={flow.id}
          script={script}
          trace={trace}
          taken={flow.samples.map((one) => one.name)}
          busy={store.isPending}
          error={store.error ? say(store.error) : null}
          onKeep={(sample) =>
            store.mutate([...flow.samples, sample], {
              onSuccess: () => {
                setKeeping(false);
                toast(t('samples.kept', { name: sample.name }));
              },
            })
          }
        />
        <PublishDialog
          open={search.panel === 'publish'}
          onClose={() => go({ panel: '' })}
          live={live.data ?? null}
          verdicts={flow.verdicts}
          busy={publish.isPending || draft.dirty || versions.isPending || live.isLoading}
          error={publish.error ? say(publish.error) : null}
          revision={draft.saving.revision}
          onPublish={(intent) =>
            publish.mutate(intent, {
              onSuccess: (version) => {
                go({ panel: '' });
                toast(t('publish.done', { number: version.number }));
              },
            })
          }
        />
        <Versions
          open={search.panel === 'versions'}
          onClose={() => go({ panel: '' })}
          flow={flow}
          readOnly={readOnly}
          onTake={(older) => {
            perform({ do: 'replace', graph: older });
            go({ panel: '' });
          }}
        />
      </Page>
    </EditorContext.Provider>
  );
}

/** Under everything, where nothing else says where a new step goes. */
function below(graph: Editor['graph']): Place {
  const places = Object.values(graph.nodes).map((node) => node.place);
  return { x: Math.min(0, ...places.map((place) => place.x)), y: Math.max(0, ...places.map((place) => place.y)) + 140 };
}

function SavedState({
  draft,
  flow,
  readOnly,
}: {
  draft: ReturnType<typeof useDraftEditor>;
  flow: Flow;
  readOnly: boolean;
}) {
  const { t } = useTranslation('flow-steps');
  const say = useProblemText();
  const liveWord = flow.live ? t('live_is', { number: flow.live, count: flow.numbers.length }) : t('never_published');
  if (draft.saving.failed)
    return (
      <span className="flex items-center gap-2">
        <Badge tone="bad">{t('not_saved')}</Badge>
        <span className="text-13 text-ink-2 max-lg:hidden">{draft.problem ? say(draft.problem) : ''}</span>
        <Button size="xs" onClick={draft.again}>
          {t('common:try_again')}
        </Button>
      </span>
    );
  if (flow.revision > draft.saving.revision && !draft.dirty && !draft.saving.sending)
    return (
      <span role="status" className="flex items-center gap-2">
        <Badge tone="info">{t('conflict.other', { name: flow.changed_by })}</Badge>
        <Button size="xs" onClick={() => draft.takeUp(flow)}>
          {t('conflict.show')}
        </Button>
      </span>
    );
  return (
    <span className="num flex min-w-0 items-center gap-2 text-13 text-ink-3 max-md:hidden">
      {flow.is_changed && !readOnly && <Badge>{t('draft')}</Badge>}
      <span className="truncate max-2xl:hidden">{liveWord}</span>
      {!readOnly && (
        <span role="status" className="whitespace-nowrap max-lg:sr-only">
          {draft.dirty ? t('saving') : draft.savedAt ? t('saved_at', { time: time(draft.savedAt.toISOString()) }) : ''}
        </span>
      )}
    </span>
  );
}
