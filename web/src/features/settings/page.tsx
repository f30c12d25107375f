import { useNavigate, useSearch } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { can } from '../../can';
import { useMe } from '../../hooks';
import { Page } from '../../ui/page';
import { Segments } from '../../ui/tabs';
import { Appearance } from './appearance';
import { CompanyForm } from './company';
import { CompanySecurity } from './company-security';
import { myFactor } from './my-factor';
import { PasswordForm } from './password';
import { ProfileForm } from './profile';
import { RecordingPolicyCard } from './recording-policy';
import { SecondFactorCard } from './second-factor';
import { Sessions } from './sessions';
import { TelephoneLinks } from './telephone-links';

type Tab = 'you' | 'company' | 'security';

export function SettingsPage() {
  const { t } = useTranslation('settings');
  const me = useMe();
  const navigate = useNavigate();
  const { tab = 'you' } = useSearch({ strict: false }) as { tab?: Tab };
  return (
    <Page
      title={t('title')}
      views={
        <Segments
          label={t('title')}
          value={tab}
          onChange={(next) => void navigate({ to: '.', search: (next === 'you' ? {} : { tab: next }) as never })}
          options={[
            { value: 'you', label: t('you') },
            { value: 'company', label: t('common:company') },
            { value: 'security', label: t('security') },
          ]}
        />
      }
    >
      <div className="flex max-w-2xl flex-col gap-4">
        {tab === 'company' && <CompanyForm writes={can(me, 'company:write')} />}
        {tab === 'company' && can(me, 'recordings:read') && (
          <RecordingPolicyCard writes={can(me, 'recordings:write')} />
        )}
        {tab === 'security' && <CompanySecurity me={me} />}
        {tab !== 'company' && tab !== 'security' && (
          <>
            <ProfileForm />
            <Appearance />
            {me.seat && <TelephoneLinks />}
            <PasswordForm />
            <SecondFactorCard factor={myFactor} needed={me.lacks_second_factor} />
            <Sessions />
          </>
        )}
      </div>
    </Page>
  );
}
