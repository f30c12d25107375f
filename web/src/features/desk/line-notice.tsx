/** What keeps the phone from ringing here, and the way out. Nothing when all is well. */
import { TriangleAlert } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { usePhone } from '../../softphone/context';
import { Button } from '../../ui/button';

export function LineNotice() {
  const { t } = useTranslation('desk');
  const { state, takeOver } = usePhone();
  if (state.line === 'ready' || state.line === 'connecting' || state.line === 'off') return null;
  return (
    <div role="alert" className="mt-4 flex flex-wrap items-center gap-3 rounded-md bg-warn-bg p-3 text-13">
      <TriangleAlert aria-hidden className="size-4 shrink-0 text-warn" />
      <span className="min-w-0 grow">{t(`notice.${state.line}`, { fault: state.fault ?? '' })}</span>
      {state.line === 'elsewhere' && (
        <Button size="sm" onClick={takeOver}>
          {t('take_over')}
        </Button>
      )}
      {state.line === 'refused' && (
        <Button size="sm" onClick={() => location.reload()}>
          {t('try_again')}
        </Button>
      )}
    </div>
  );
}
