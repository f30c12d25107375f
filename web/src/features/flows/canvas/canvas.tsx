/** The flow drawn as steps and ways. All that can be done here by hand, the inspector and the outline do as well. */
import '@xyflow/react/dist/base.css';
import './canvas.css';
import {
  applyNodeChanges,
  Background,
  BackgroundVariant,
  type Connection,
  type EdgeChange,
  MiniMap,
  type NodeChange,
  Panel,
  ReactFlow,
  ReactFlowProvider,
  useReactFlow,
  useViewport,
} from '@xyflow/react';
import { LayoutGrid, Minus, Plus, Scan } from 'lucide-react';
import { type DragEvent, useCallback, useEffect, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Button, IconButton } from '../../../ui/button';
import { useEditor } from '../context';
import { kindOf } from '../kinds';
import type { Place } from '../model/graph';
import { layout } from '../model/layout';
import { stepSize } from '../shape';
import { STEP_TYPE } from '../step-type';
import { stepsOf, waysOf } from './drawing';
import { Step, type StepNode } from './step';
import { type WayEdge, WayLine } from './way';

const nodeTypes = { step: Step };
const edgeTypes = { way: WayLine };

export default function Canvas() {
  return (
    <ReactFlowProvider>
      <Drawing />
    </ReactFlowProvider>
  );
}

function Drawing() {
  const { t } = useTranslation('flow-steps');
  const editor = useEditor();
  const { graph, findings, nameOf, words, trail, readOnly, selected, select, perform, shown } = editor;
  const view = useReactFlow<StepNode, WayEdge>();
  const drawn = useMemo(
    () => stepsOf({ graph, findings, nameOf, words, trail, readOnly }),
    [graph, findings, nameOf, words, trail, readOnly],
  );
  // While a step is dragged it is where the hand is; the draft learns of it when it is let go.
  const [nodes, setNodes] = useState<StepNode[]>([]);
  useEffect(() => {
    setNodes((old) => {
      const measured = new Map(old.map((node) => [node.id, node.measured]));
      return drawn.map((node) => {
        const known = measured.get(node.id);
        return { ...node, selected: selected.includes(node.id), ...(known ? { measured: known } : {}) };
      });
    });
  }, [drawn, selected]);
  const [chosenWay, setChosenWay] = useState<string | null>(null);
  const edges = useMemo(
    () =>
      waysOf({ graph, findings, nameOf, words, trail, readOnly }).map((edge) => ({
        ...edge,
        selected: edge.id === chosenWay,
      })),
    [graph, findings, nameOf, words, trail, readOnly, chosenWay],
  );

  // Something outside asked for a step to be seen.
  useEffect(() => {
    if (!shown) return;
    void view.fitView({ nodes: [{ id: shown.name }], maxZoom: 1, minZoom: 0.6, duration: 160, padding: 0.4 });
  }, [shown, view]);

  const onNodesChange = useCallback(
    (changes: NodeChange<StepNode>[]) => {
      setNodes((old) => applyNodeChanges(changes, old));
      const chosen = new Set(selected);
      let other = false;
      const places: Record<string, Place> = {};
      for (const change of changes) {
        if (change.type === 'select') {
          other = true;
          if (change.selected) chosen.add(change.id);
          else chosen.delete(change.id);
        }
        if (change.type === 'position' && change.position && !change.dragging) places[change.id] = change.position;
      }
      if (other) select([...chosen]);
      if (Object.keys(places).length > 0) perform({ do: 'move', places });
    },
    [perform, select, selected],
  );
  const onEdgesChange = useCallback((changes: EdgeChange<WayEdge>[]) => {
    for (const change of changes) if (change.type === 'select') setChosenWay(change.selected ? change.id : null);
  }, []);
  const connect = (connection: Connection) => {
    if (connection.sourceHandle && connection.target)
      perform({
        do: 'connect',
        way: { from: connection.source, exit: connection.sourceHandle },
        to: connection.target,
      });
  };
  const drop = (event: DragEvent) => {
    const kind = kindOf(event.dataTransfer.getData(STEP_TYPE));
    if (!kind) return;
    event.preventDefault();
    const place = view.screenToFlowPosition({ x: event.clientX - 98, y: event.clientY - 28 });
    editor.add(kind, { place: { x: snap(place.x), y: snap(place.y) } });
  };
  const aria = useMemo(
    () => ({
      'node.a11yDescription.default': t('canvas.node_help'),
      'node.a11yDescription.keyboardDisabled': t('canvas.node_help'),
      'node.a11yDescription.ariaLiveMessage': ({ x, y }: { x: number; y: number }) =>
        t('canvas.moved', { x: Math.round(x), y: Math.round(y) }),
      'edge.a11yDescription.default': t('canvas.way_help'),
      'minimap.ariaLabel': t('canvas.overview'),
      'handle.ariaLabel': t('canvas.joint'),
    }),
    [t],
  );

  return (
    <ReactFlow<StepNode, WayEdge>
      nodes={nodes}
      edges={edges}
      nodeTypes={nodeTypes}
      edgeTypes={edgeTypes}
      onNodesChange={onNodesChange}
      onEdgesChange={onEdgesChange}
      onConnect={connect}
      onReconnect={(old, connection) => {
        // The other end belongs to the exit: only where it leads can be changed.
        if (connection.source === old.source && connection.sourceHandle === old.sourceHandle) connect(connection);
      }}
      onConnectEnd={(_, state) => {
        if (
          !state.isValid &&
          !state.toNode &&
          state.fromNode &&
          state.fromHandle?.id &&
          state.fromHandle.type === 'source'
        )
          editor.pick({ from: state.fromNode.id, exit: state.fromHandle.id });
      }}
      onDrop={drop}
      onDragOver={(event) => {
        if (event.dataTransfer.types.includes(STEP_TYPE)) event.preventDefault();
      }}
      nodesDraggable={!readOnly}
      nodesConnectable={!readOnly}
      snapToGrid
      snapGrid={[GRID, GRID]}
      deleteKeyCode={null}
      selectionKeyCode="Shift"
      multiSelectionKeyCode={['Meta', 'Control', 'Shift']}
      minZoom={0.2}
      maxZoom={1.5}
      fitView
      fitViewOptions={{ maxZoom: 1, padding: 0.12 }}
      ariaLabelConfig={aria}
      proOptions={{ hideAttribution: true }}
      aria-label={t('canvas.label')}
    >
      <Background
        variant={BackgroundVariant.Dots}
        gap={20}
        size={1.2}
        color="var(--line-strong)"
        className="opacity-50"
      />
      <MiniMap
        pannable
        className="flow-map max-lg:!hidden"
        nodeBorderRadius={14}
        maskColor="var(--flow-mask)"
        nodeColor={(node: StepNode) =>
          node.selected ? 'var(--brand)' : node.data.worst === 'error' ? 'var(--bad)' : 'var(--line-strong)'
        }
      />
      <Panel position="bottom-left">
        <Tools />
      </Panel>
    </ReactFlow>
  );
}

const GRID = 4;
const snap = (value: number): number => Math.round(value / GRID) * GRID;

function Tools() {
  const { t } = useTranslation('flow-steps');
  const view = useReactFlow();
  const { zoom } = useViewport();
  const { graph, readOnly, perform, pick, words } = useEditor();
  const tidy = () => {
    const places = layout(graph, (name) => {
      const node = graph.nodes[name];
      return node ? stepSize(node, words) : { width: 0, height: 0 };
    });
    perform({ do: 'move', places });
    // After the steps stand where they go.
    setTimeout(() => void view.fitView({ maxZoom: 1, padding: 0.12, duration: 160 }), 50);
  };
  return (
    <div className="flex items-center rounded-md border border-line bg-panel p-0.5 shadow-float">
      <IconButton size="xs" label={t('canvas.zoom_out')} onClick={() => void view.zoomOut()}>
        <Minus aria-hidden className="size-3.5" />
      </IconButton>
      <span className="num w-11 text-center text-12 text-ink-2">{Math.round(zoom * 100)} %</span>
      <IconButton size="xs" label={t('canvas.zoom_in')} onClick={() => void view.zoomIn()}>
        <Plus aria-hidden className="size-3.5" />
      </IconButton>
      <IconButton size="xs" label={t('canvas.fit')} onClick={() => void view.fitView({ maxZoom: 1, padding: 0.12 })}>
        <Scan aria-hidden className="size-3.5" />
      </IconButton>
      {!readOnly && (
        <>
          <Button size="xs" look="ghost" onClick={tidy}>
            <LayoutGrid aria-hidden className="size-3.5" />
            {t('canvas.tidy')}
          </Button>
          <Button size="xs" look="ghost" className="xl:hidden" onClick={() => pick(null)}>
            <Plus aria-hidden className="size-3.5" />
            {t('palette.title')}
          </Button>
        </>
      )}
    </div>
  );
}
