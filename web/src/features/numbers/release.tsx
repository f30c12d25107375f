import { useTranslation } from 'react-i18next';
import type { NumberRow } from '../../api/types';
import { phone } from '../../i18n/format';
import { useProblemText } from '../../i18n/problems';
import { Confirm } from '../../ui/overlay';
import { toast } from '../../ui/toast';
import { useReleaseNumber } from './queries';

/** Giving a number back cannot be undone by a click, so it is typed. */
export function ReleaseNumber({ number, onClose }: { number: NumberRow | null; onClose: () => void }) {
  const { t } = useTranslation('numbers');
  const say = useProblemText();
  const release = useReleaseNumber();
  const shown = number ? phone(number.e164) : '';
  return (
    <Confirm
      open={number !== null}
      onClose={() => {
        release.reset();
        onClose();
      }}
      title={t('release.title', { number: shown })}
      action={t('release.action', { number: shown })}
      busy={release.isPending}
      typed={{ word: number?.e164 ?? '', label: t('release.type', { number: shown }) }}
      error={release.isError ? say(release.error) : null}
      onConfirm={() =>
        number &&
        release.mutate(number.id, {
          onSuccess: () => {
            toast(t('release.done', { number: shown }));
            onClose();
          },
        })
      }
    >
      {t('release.text')}
    </Confirm>
  );
}
