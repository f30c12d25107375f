import { useTranslation } from 'react-i18next';
import type { WebhookShown } from '../../api/types';
import { Button } from '../../ui/button';
import { CopyField } from '../../ui/copy-field';
import { Dialog } from '../../ui/overlay';
import { Note } from '../../ui/state';

/** The secret of an endpoint, shown this once. */
export function SecretDialog(props: { made: WebhookShown | null; onClose: () => void }) {
  const { t } = useTranslation('webhooks');
  const { made } = props;
  return (
    <Dialog
      open={made !== null}
      onClose={props.onClose}
      title={t('secret.title')}
      note={made?.webhook.label}
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
        </div>
      )}
    </Dialog>
  );
}
