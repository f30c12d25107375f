import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Schemas } from '../../api/types';
import { useNow } from '../../hooks';
import { ago } from '../../i18n/format';
import { useProblemText } from '../../i18n/problems';
import { Badge, StatusDot } from '../../ui/badge';
import { Button } from '../../ui/button';
import { More } from '../../ui/more';
import { Confirm } from '../../ui/overlay';
import { Page } from '../../ui/page';
import { EmptyState, Note } from '../../ui/state';
import { type Column, DataTable, TwoLines } from '../../ui/table';
import { Segments } from '../../ui/tabs';
import { toast } from '../../ui/toast';
import { type JobState, useDiscardJob, useJobFigures, useJobs, useRetryJob } from './queries';

type Job = Schemas['Job'];
const VIEWS = ['dead', 'waiting', 'done'] as const;

/** Work in the background, those that were given up first. */
export function JobsPage() {
  const { t } = useTranslation('operator');
  const say = useProblemText();
  const [view, setView] = useState<JobState>('dead');
  const jobs = useJobs(view);
  const figures = useJobFigures();
  const retry = useRetryJob();
  const [striking, setStriking] = useState<Job | null>(null);
  const again = (job: Job) => retry.mutate(job.id, { onSuccess: () => toast(t('jobs.retried')) });
  return (
    <Page
      title={t('places.jobs')}
      views={
        <Segments
          label={t('jobs.state')}
          value={view}
          onChange={setView}
          options={VIEWS.map((value) => ({
            value,
            label: t(`jobs.view.${value}`),
            count: figures.data?.[value as 'dead'],
          }))}
        />
      }
    >
      <p className="mb-4 max-w-[72ch] text-13 text-ink-2">{t('jobs.note')}</p>
      {retry.isError && <Note className="mb-4" tone="bad" title={say(retry.error)} />}
      <DataTable
        label={t('places.jobs')}
        columns={useColumns(again, setStriking)}
        rows={jobs.data?.pages.flatMap((page) => page.items)}
        rowKey={(row) => row.id}
        error={jobs.error}
        onRetry={() => void jobs.refetch()}
        tall
        empty={<EmptyState title={t(`jobs.none.${view}`)} />}
      />
      <More of={jobs} className="mt-3" />
      {striking && <Strike job={striking} onClose={() => setStriking(null)} />}
    </Page>
  );
}

function useColumns(again: (job: Job) => void, strike: (job: Job) => void): Column<Job>[] {
  const { t } = useTranslation('operator');
  const now = useNow(30_000);
  return [
    {
      key: 'kind',
      head: t('jobs.kind'),
      names: true,
      cell: (row) => (
        <TwoLines main={t(`jobs.kinds.${row.kind}`, { defaultValue: row.kind })} sub={<code>{row.kind}</code>} />
      ),
    },
    { key: 'state', head: t('jobs.state'), cell: (row) => <State of={row} /> },
    {
      key: 'error',
      head: t('jobs.error'),
      from: 'md',
      className: 'max-w-96',
      cell: (row) => (
        <span className="block truncate text-ink-2" title={row.last_error ?? ''}>
          {row.last_error ?? t('common:none')}
        </span>
      ),
    },
    {
      key: 'attempts',
      head: t('jobs.attempts'),
      number: true,
      from: 'lg',
      cell: (row) => t('figures.of', { n: row.attempts, m: row.max_attempts }),
    },
    { key: 'since', head: t('jobs.since'), from: 'md', cell: (row) => ago(row.created_at, now) },
    {
      key: 'deeds',
      head: <span className="sr-only">{t('common:more')}</span>,
      className: 'w-44 text-right',
      cell: (row) =>
        row.state !== 'done' &&
        row.state !== 'running' && (
          <span className="inline-flex gap-1">
            <Button size="xs" onClick={() => again(row)}>
              {t('jobs.retry')}
            </Button>
            <Button size="xs" look="quiet" onClick={() => strike(row)}>
              {t('jobs.discard')}
            </Button>
          </span>
        ),
    },
  ];
}

function State({ of }: { of: Job }) {
  const { t } = useTranslation('operator');
  const text = t(`jobs.states.${of.state}`);
  return of.state === 'dead' ? (
    <Badge tone="bad">{text}</Badge>
  ) : (
    <StatusDot tone={of.state === 'done' ? 'ok' : 'line'}>{text}</StatusDot>
  );
}

function Strike({ job, onClose }: { job: Job; onClose: () => void }) {
  const { t } = useTranslation('operator');
  const say = useProblemText();
  const discard = useDiscardJob();
  return (
    <Confirm
      open
      onClose={onClose}
      title={t('jobs.discard_title')}
      action={t('jobs.discard')}
      busy={discard.isPending}
      error={discard.isError ? say(discard.error) : null}
      onConfirm={() => discard.mutate(job.id, { onSuccess: onClose })}
    >
      {t('jobs.discard_text', { kind: t(`jobs.kinds.${job.kind}`, { defaultValue: job.kind }) })}
    </Confirm>
  );
}
