/** The SIP of this gateway for some minutes, to be opened in a packet tool. */
import { Download } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { clock } from '../../../i18n/format';
import { useProblemText } from '../../../i18n/problems';
import { Button } from '../../../ui/button';
import { Field } from '../../../ui/field';
import { Card } from '../../../ui/page';
import { Select } from '../../../ui/select';
import { ErrorState, Note, Skeleton } from '../../../ui/state';
import { useBeginCapture, useCapture, useCaptureFile, useEndCapture } from '../queries';

const MINUTES = ['1', '5', '10', '30', '60'];

export function CaptureCard({ id, label, now }: { id: string; label: string; now: number }) {
  const { t } = useTranslation('operator');
  const say = useProblemText();
  const capture = useCapture(id);
  const begin = useBeginCapture();
  const end = useEndCapture();
  const file = useCaptureFile();
  const [minutes, setMinutes] = useState('10');
  const state = capture.data;
  const failed = begin.error ?? end.error ?? file.error;
  return (
    <Card title={t('capture.title')} note={t('capture.note')}>
      <div className="flex flex-col gap-3 p-4 text-13">
        {capture.isError && !state && <ErrorState error={capture.error} onRetry={() => void capture.refetch()} />}
        {capture.isPending && <Skeleton className="h-8" />}
        {state && (
          <div className="flex flex-wrap items-end gap-3">
            {state.running ? (
              <>
                <p className="num grow self-center" aria-live="polite">
                  {t('capture.running', {
                    left: clock(Date.parse(state.until ?? '') - now),
                    count: state.packets,
                  })}
                </p>
                <Button size="sm" busy={end.isPending} onClick={() => end.mutate(id)}>
                  {t('capture.end')}
                </Button>
              </>
            ) : (
              <>
                <Field label={t('capture.minutes')}>
                  {(wiring) => (
                    <Select
                      {...wiring}
                      size="sm"
                      className="w-28"
                      value={minutes}
                      onChange={setMinutes}
                      options={MINUTES.map((value) => ({ value, label: t('capture.for', { count: Number(value) }) }))}
                    />
                  )}
                </Field>
                <Button size="sm" busy={begin.isPending} onClick={() => begin.mutate({ id, minutes: Number(minutes) })}>
                  {t('capture.begin')}
                </Button>
              </>
            )}
            {state.packets > 0 && (
              <Button
                size="sm"
                look="primary"
                busy={file.isPending}
                onClick={() => file.mutate({ id, name: `${label}.pcap` })}
              >
                <Download aria-hidden className="size-4" />
                {t('capture.file', { count: state.packets })}
              </Button>
            )}
          </div>
        )}
        {state && state.left_out > 0 && <Note tone="warn" title={t('capture.full', { count: state.left_out })} />}
        {state && !state.running && state.until && state.packets === 0 && <p>{t('capture.nothing')}</p>}
        {failed && <Note tone="bad" title={say(failed)} />}
      </div>
    </Card>
  );
}
