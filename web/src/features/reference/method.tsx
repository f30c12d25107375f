import { cx } from '../../ui/cx';

const TONES: Record<string, string> = {
  get: 'text-info',
  post: 'text-ok',
  patch: 'text-warn',
  put: 'text-warn',
  delete: 'text-bad',
};

/** GET, POST and the like, of one width so that names stand in a line. */
export function Method({ name, wide }: { name: string; wide?: boolean }) {
  return (
    <code className={cx('shrink-0 text-12 font-semibold uppercase', !wide && 'w-13', TONES[name])}>
      {name === 'delete' && !wide ? 'del' : name}
    </code>
  );
}
