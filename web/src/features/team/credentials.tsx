import { useTranslation } from 'react-i18next';
import type { DeviceCredentials } from '../../api/types';
import { Button } from '../../ui/button';
import { CopyField } from '../../ui/copy-field';
import { Dialog } from '../../ui/overlay';
import { Note } from '../../ui/state';

/** What a SIP phone needs, shown this once: the server keeps only a digest. */
export function CredentialsDialog(props: { credentials: DeviceCredentials | null; onClose: () => void }) {
  const { t } = useTranslation('team');
  const { credentials } = props;
  return (
    <Dialog
      open={credentials !== null}
      onClose={props.onClose}
      title={t('credentials.title')}
      note={credentials?.device.label}
      foot={
        <Button look="primary" onClick={props.onClose}>
          {t('credentials.kept')}
        </Button>
      }
    >
      {credentials && (
        <div className="flex flex-col gap-4">
          <Note tone="warn" title={t('credentials.once')}>
            {t('credentials.once_note')}
          </Note>
          <CopyField label={t('credentials.username')} value={credentials.username} />
          <CopyField label={t('credentials.password')} value={credentials.password} secret />
          <CopyField label={t('credentials.domain')} value={credentials.domain} />
          <CopyField label={t('credentials.registrar')} value={credentials.registrar} />
          <p className="text-13 text-ink-2">
            {t('credentials.transports', { list: credentials.transports.join(', ').toUpperCase() })}
          </p>
        </div>
      )}
    </Dialog>
  );
}
