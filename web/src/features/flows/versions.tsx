/** What was published, newest first; any of them is live again with one press. */
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { dateTime } from '../../i18n/format';
import { useProblemText } from '../../i18n/problems';
import { Badge } from '../../ui/badge';
import { Button } from '../../ui/button';
import { Sheet } from '../../ui/overlay';
import { EmptyState, ErrorState, Note, Skeleton } from '../../ui/state';
import { toast } from '../../ui/toast';
import { useEditor } from './context';
import { Difference } from './difference';
import type { Graph } from './model/graph';
import { type Flow, type FlowVersion, useFlowVersion, useRollBack, useVersions } from './queries';

export function Versions(props: {
  open: boolean;
  onClose: () => void;
  flow: Flow;
  readOnly: boolean;
  onTake: (graph: Graph) => void;
}) {
  const { t } = useTranslation('flow-steps');
  const say = useProblemText();
  const versions = useVersions(props.flow.id, props.open);
  const rollBack = useRollBack();
  const before = versions.data?.find((one) => one.is_live);
  const live = (version: FlowVersion) =>
    rollBack.mutate(version.id, {
      onSuccess: () =>
        toast(
          t('versions.is_live', { number: version.number }),
          before && { label: t('undo'), onUndo: () => rollBack.mutate(before.id) },
        ),
    });
  return (
    <Sheet open={props.open} onClose={props.onClose} title={t('versions.title')} note={t('versions.note')}>
      {Boolean(versions.error) && <ErrorState error={versions.error} onRetry={() => void versions.refetch()} />}
      {rollBack.isError && <Note tone="bad" title={say(rollBack.error)} />}
      {versions.data?.length === 0 && <EmptyState title={t('versions.empty')}>{t('versions.empty_note')}</EmptyState>}
      <ul className="flex flex-col divide-y divide-line">
        {versions.data?.map((version) => (
          <Line
            key={version.id}
            version={version}
            readOnly={props.readOnly}
            busy={rollBack.isPending}
            onLive={() => live(version)}
            onTake={props.onTake}
          />
        ))}
      </ul>
    </Sheet>
  );
}

function Line(props: {
  version: FlowVersion;
  readOnly: boolean;
  busy: boolean;
  onLive: () => void;
  onTake: (graph: Graph) => void;
}) {
  const { t } = useTranslation('flow-steps');
  const { graph } = useEditor();
  const [open, setOpen] = useState(false);
  const { version } = props;
  const drawn = useFlowVersion(open ? version.id : null);
  return (
    <li className="flex flex-col gap-2 py-3">
      <div className="flex flex-wrap items-center gap-2">
        <h3 className="text-14 font-semibold">{t('versions.nth', { number: version.number })}</h3>
        {version.is_live && <Badge tone="ok">{t('versions.live')}</Badge>}
        <span className="num ml-auto text-12 text-ink-3">{dateTime(version.published_at)}</span>
      </div>
      {version.note && <p className="text-13">{version.note}</p>}
      <p className="text-12 text-ink-3">{version.published_by}</p>
      <div className="flex flex-wrap gap-2">
        <Button size="xs" aria-expanded={open} onClick={() => setOpen(!open)}>
          {t('versions.compare')}
        </Button>
        {!props.readOnly && !version.is_live && (
          <Button size="xs" busy={props.busy} onClick={props.onLive}>
            {t('versions.roll_back')}
          </Button>
        )}
        {!props.readOnly && open && drawn.data && (
          <Button size="xs" onClick={() => drawn.data && props.onTake(drawn.data)}>
            {t('versions.take')}
          </Button>
        )}
      </div>
      {open && (
        <div className="rounded-md bg-panel-2 p-3">
          {Boolean(drawn.error) && <ErrorState error={drawn.error} />}
          {drawn.data ? <Difference from={drawn.data} to={graph} /> : !drawn.error && <Skeleton />}
        </div>
      )}
    </li>
  );
}
