/** What callers answered to surveys: each question as bars, then by agent and by queue. */
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { api, ok } from '../../api/client';
import { keys } from '../../api/query';
import type { Schemas } from '../../api/types';
import { count, decimal } from '../../i18n/format';
import { Card, Page } from '../../ui/page';
import { EmptyState, ErrorState, Skeleton } from '../../ui/state';
import { type Column, DataTable } from '../../ui/table';
import { Segments } from '../../ui/tabs';
import { shownKeys, since } from './bars';

type Question = Schemas['QuestionSummary'];
type Part = Schemas['SurveyPart'];

const DAYS = ['7', '30', '90'] as const;

export function SurveysPage() {
  const { t } = useTranslation('surveys');
  const navigate = useNavigate();
  const search = useSearch({ strict: false }) as { days?: string };
  const days = DAYS.find((one) => one === search.days) ?? '30';
  const filter = { from: since(Number(days), Date.now()) };
  const query = useQuery({
    queryKey: keys.surveySummary(filter),
    queryFn: () => ok(api.GET('/v1/survey-summary', { params: { query: filter } })),
  });
  const summary = query.data;
  return (
    <Page title={t('title')}>
      <div className="mb-4">
        <Segments
          label={t('period')}
          value={days}
          options={DAYS.map((value) => ({ value, label: t('days', { count: Number(value) }) }))}
          onChange={(value) => void navigate({ to: '.', search: (value === '30' ? {} : { days: value }) as never })}
        />
      </div>
      {query.isPending && <Skeleton className="h-40 w-full" />}
      {query.isError && <ErrorState error={query.error} onRetry={() => void query.refetch()} />}
      {summary?.questions.length === 0 && <EmptyState title={t('empty')}>{t('empty_note')}</EmptyState>}
      {summary && summary.questions.length > 0 && (
        <div className="flex flex-col gap-6">
          <div className="grid grid-cols-2 gap-4 max-lg:grid-cols-1">
            {summary.questions.map((one) => (
              <QuestionCard key={one.question} of={one} />
            ))}
          </div>
          <Parts title={t('by_agent')} head={t('agent')} rows={summary.agents} />
          <Parts title={t('by_queue')} head={t('queue')} rows={summary.queues} />
        </div>
      )}
    </Page>
  );
}

function QuestionCard({ of }: { of: Question }) {
  const { t } = useTranslation('surveys');
  const most = Math.max(...of.distribution);
  return (
    <Card title={of.question} note={t('answers', { count: of.answers })}>
      <div className="flex items-end gap-6 p-4 max-sm:flex-col max-sm:items-stretch">
        <p className="flex shrink-0 flex-col">
          <span className="num text-[28px] leading-8 font-semibold">{decimal(of.average)}</span>
          <span className="text-12 text-ink-2">{t('average')}</span>
        </p>
        <dl className="flex min-w-0 grow flex-col gap-1">
          {shownKeys(of.distribution).map((key) => {
            const answers = of.distribution[key] ?? 0;
            return (
              <div key={key} className="grid grid-cols-[1rem_minmax(0,1fr)_3rem] items-center gap-2 text-12">
                <dt className="num text-ink-2">{key}</dt>
                <dd className="contents">
                  <span aria-hidden className="h-3 rounded-sm bg-hover">
                    <span
                      className="block h-3 rounded-sm bg-brand"
                      style={{ width: `${most > 0 ? (answers / most) * 100 : 0}%` }}
                    />
                  </span>
                  <span className="num text-right">{count(answers)}</span>
                </dd>
              </div>
            );
          })}
        </dl>
      </div>
    </Card>
  );
}

function Parts({ title, head, rows }: { title: string; head: string; rows: Part[] }) {
  const { t } = useTranslation('surveys');
  if (rows.length === 0) return null;
  const columns: Column<Part>[] = [
    { key: 'name', head, names: true, cell: (row) => row.name || t('gone') },
    { key: 'question', head: t('question'), cell: (row) => row.question },
    {
      key: 'answers',
      head: t('count'),
      number: true,
      cell: (row) => <span className="num">{count(row.answers)}</span>,
    },
    {
      key: 'average',
      head: t('average'),
      number: true,
      cell: (row) => <span className="num">{decimal(row.average)}</span>,
    },
  ];
  return (
    <section aria-label={title} className="flex flex-col gap-2">
      <h2 className="text-14 font-semibold">{title}</h2>
      <DataTable
        label={title}
        columns={columns}
        rows={rows}
        rowKey={(row) => `${row.id} ${row.question}`}
        empty={null}
      />
    </section>
  );
}
