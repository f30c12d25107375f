import { useMutation } from '@tanstack/react-query';
import { MailOpen } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, ok } from '../../../api/client';
import { useMe } from '../../../hooks';
import { useProblemText } from '../../../i18n/problems';
import { Button, buttonClass } from '../../../ui/button';
import { Note } from '../../../ui/state';
import { toast } from '../../../ui/toast';
import { keepEmailLink, keptEmailLink } from '../../auth/email-link';
import { useStatus } from '../../auth/layout';

export function VerifyPanel() {
  const { t } = useTranslation('onboarding');
  const say = useProblemText();
  const me = useMe();
  const status = useStatus();
  const [link, setLink] = useState(keptEmailLink);
  const resend = useMutation({
    mutationFn: () => ok(api.POST('/v1/email-check/resend')),
    onSuccess: (grant) => {
      keepEmailLink(grant.email_link);
      setLink(grant.email_link ?? link);
      if (!grant.email_link) toast(t('verify_email.sent_again'));
    },
  });
  if (me.user.email_verified) return <p className="text-ink-2">{me.user.email}</p>;
  return (
    <>
      <p>
        {t(status.data?.demo ? 'verify_email.is_for' : 'verify_email.sent_to')}{' '}
        <span className="font-medium">{me.user.email}</span>
      </p>
      <p className="text-13 text-ink-2">{t('verify_email.why')}</p>
      {link && (
        <Note
          tone="info"
          title={t('verify_email.demo')}
          action={
            <a className={buttonClass({ look: 'primary', size: 'sm' })} href={localPath(link)}>
              <MailOpen aria-hidden className="size-4" />
              {t('verify_email.open_link')}
            </a>
          }
        >
          {t('verify_email.demo_note')}
        </Note>
      )}
      {!link && status.data?.mail === false && !status.data.demo && (
        <Note tone="warn" title={t('verify_email.no_mail')}>
          {t('verify_email.no_mail_note')}
        </Note>
      )}
      {resend.isError && <Note tone="bad" title={say(resend.error)} />}
      {/* In a demonstration the link on the page is as good as a new one. */}
      <div hidden={Boolean(link && status.data?.demo)}>
        <Button look={link ? 'quiet' : 'plain'} busy={resend.isPending} onClick={() => resend.mutate()}>
          {t(status.data?.demo ? 'verify_email.show_link' : 'verify_email.again')}
        </Button>
      </div>
    </>
  );
}

/** The link's path on this origin: the public address may differ from where this page was opened. */
function localPath(link: string): string {
  const url = new URL(link, location.origin);
  return url.pathname + url.search;
}
