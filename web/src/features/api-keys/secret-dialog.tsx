import { useTranslation } from 'react-i18next';
import type { ApiKeyShown } from '../../api/types';
import { Button } from '../../ui/button';
import { CopyField } from '../../ui/copy-field';
import { Dialog } from '../../ui/overlay';
import { Note } from '../../ui/state';

/** The secret of a key, shown this once: the server keeps only its hash. */
export function SecretDialog(props: { made: ApiKeyShown | null; onClose: () => void }) {
  const { t } = useTranslation('api-keys');
  const { made } = props;
  return (
    <Dialog
      open={made !== null}
      onClose={props.onClose}
      title={t('secret.title')}
      note={made?.key.name}
      wide
      foot={
        <Button look="primary" onClick={props.onClose}>
          {t('secret.kept')}
        </Button>
      }
    >
      {made && (
        <div className="flex flex-col gap-4">
          <Note tone="warn" title={t('secret.once')}>
            {t('secret.once_note')}
          </Note>
          <CopyField label={t('secret.label')} value={made.secret} secret />
          <CopyField
            label={t('secret.try')}
            value={`curl ${location.origin}/v1/api-keys/current -H "Authorization: Bearer ${made.secret}"`}
          />
        </div>
      )}
    </Dialog>
  );
}
