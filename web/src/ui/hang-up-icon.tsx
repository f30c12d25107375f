import { Phone } from 'lucide-react';
import { cx } from './cx';

/** The handset laid down: ends a call or turns it away. */
export function HangUpIcon({ className }: { className?: string }) {
  return <Phone aria-hidden className={cx('size-4.5 rotate-[135deg]', className)} />;
}
