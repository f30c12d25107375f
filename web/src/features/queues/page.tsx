import { useNavigate, useSearch } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { can } from '../../can';
import { useMe } from '../../hooks';
import { Page } from '../../ui/page';
import { Segments } from '../../ui/tabs';
import { Agents } from '../agents/agents';
import { Queues } from './queues';
import { Skills } from './skills';
import { Wallboard } from './wallboard';
import { Dispositions, ReasonCodes } from './words';

const VIEWS = ['live', 'agents', 'queues', 'skills', 'reasons', 'dispositions'] as const;

/** Where callers wait, and all that is told apart there. */
export function QueuesPage() {
  const { t } = useTranslation('queues');
  const navigate = useNavigate();
  const search = useSearch({ strict: false }) as { tab?: string };
  const me = useMe();
  const views = VIEWS.filter((one) => one !== 'agents' || can(me, 'agents:read'));
  const view = views.find((one) => one === search.tab) ?? 'queues';
  const go = (tab: string) => void navigate({ to: '.', search: (tab === 'queues' ? {} : { tab }) as never });
  return (
    <Page
      title={t('title')}
      views={
        <Segments
          label={t('title')}
          value={view}
          onChange={go}
          options={views.map((value) => ({ value, label: t(`${value}.tab`) }))}
        />
      }
    >
      {view === 'live' && <Wallboard />}
      {view === 'agents' && <Agents />}
      {view === 'queues' && <Queues onSkills={() => go('skills')} />}
      {view === 'skills' && <Skills />}
      {view === 'reasons' && <ReasonCodes />}
      {view === 'dispositions' && <Dispositions />}
    </Page>
  );
}
