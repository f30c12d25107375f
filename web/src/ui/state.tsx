/** The other faces of a page: empty, loading, broken, and notes that stay until dealt with. */
import { CircleCheck, Info, TriangleAlert } from 'lucide-react';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { asProblem } from '../api/problem';
import { useSlow } from '../hooks';
import { useProblemText } from '../i18n/problems';
import { Button } from './button';
import { UnpluggedCord } from './cord';
import { cx } from './cx';

/** Nothing here yet: an unplugged cord, one sentence, one action. */
export function EmptyState(props: { title: string; children?: ReactNode; action?: ReactNode; className?: string }) {
  return (
    <div className={cx('flex flex-col items-center gap-2 px-6 py-12 text-center', props.className)}>
      <UnpluggedCord />
      <h2 className="mt-2 text-14 font-semibold text-balance">{props.title}</h2>
      {props.children && <p className="max-w-[44ch] text-13 text-balance text-ink-2">{props.children}</p>}
      {props.action && <div className="mt-2">{props.action}</div>}
    </div>
  );
}

const NOTE = {
  warn: ['bg-warn-bg', 'text-warn', TriangleAlert],
  bad: ['bg-bad-bg', 'text-bad', TriangleAlert],
  info: ['bg-info-bg', 'text-info', Info],
  ok: ['bg-ok-bg', 'text-ok', CircleCheck],
} as const;

/** A message in the page: what, what it means, the way out. */
export function Note(props: {
  tone: keyof typeof NOTE;
  title: string;
  children?: ReactNode;
  action?: ReactNode;
  /** Small at the end. */
  code?: string;
  className?: string;
}) {
  const [ground, colour, Icon] = NOTE[props.tone];
  return (
    <div
      role={props.tone === 'bad' ? 'alert' : undefined}
      className={cx('flex gap-2.5 rounded-md p-3 text-13', ground, props.className)}
    >
      <Icon aria-hidden className={cx('mt-px size-4 shrink-0', colour)} />
      <div className="flex min-w-0 grow flex-wrap items-center gap-x-4 gap-y-2">
        <div className="min-w-0 flex-[1_1_12rem]">
          <p className="font-semibold">{props.title}</p>
          {props.children && <div className="mt-0.5">{props.children}</div>}
          {props.code && <p className="num mt-1 text-12 text-ink-2">{props.code}</p>}
        </div>
        {props.action}
      </div>
    </div>
  );
}

/** Codes that tell a person nothing more than the sentence does. */
const PLAIN = new Set([401, 403, 404, 409, 410, 422]);
/** Asking again changes nothing. */
const FINAL = new Set([403, 404, 410]);

/** A query that failed, with a way to try again where that can help. */
export function ErrorState({
  error,
  onRetry,
  className,
}: {
  error: unknown;
  onRetry?: () => void;
  className?: string;
}) {
  const { t } = useTranslation();
  const problem = asProblem(error);
  const say = useProblemText();
  return (
    <Note
      tone="bad"
      title={say(problem)}
      {...(PLAIN.has(problem.status ?? 0)
        ? {}
        : { code: problem.status ? `${problem.code} ${problem.status}` : problem.code })}
      {...(className ? { className } : {})}
      action={
        onRetry &&
        !FINAL.has(problem.status ?? 0) && (
          <Button size="xs" onClick={onRetry}>
            {t('try_again')}
          </Button>
        )
      }
    />
  );
}

export function Skeleton({ className }: { className?: string }) {
  return <span aria-hidden className={cx('block h-3 animate-skeleton rounded bg-hover', className)} />;
}

/** Bars in the shape of a page that loads; nothing for the first moments. */
export function PageSkeleton() {
  const { t } = useTranslation();
  const slow = useSlow(true);
  return (
    <div role="status" className="p-6">
      <span className="sr-only">{t('loading')}</span>
      {slow && (
        <div className="flex flex-col gap-4">
          <Skeleton className="h-6 w-48" />
          <Skeleton className="h-32 w-full max-w-3xl rounded-lg" />
          <Skeleton className="h-32 w-full max-w-3xl rounded-lg" />
        </div>
      )}
    </div>
  );
}
