import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { api, ok } from '../../api/client';
import { keys } from '../../api/query';
import type { Me, Schemas } from '../../api/types';
import { can } from '../../can';
import { useProblemText } from '../../i18n/problems';
import { Card } from '../../ui/page';
import { ErrorState, Note, Skeleton } from '../../ui/state';
import { Switch } from '../../ui/switch';
import { toast } from '../../ui/toast';
import { SingleSignOnCard } from './single-sign-on';

/** What the company asks of its people at the door. */
export function CompanySecurity({ me }: { me: Me }) {
  const company = useQuery({ queryKey: keys.company, queryFn: () => ok(api.GET('/v1/company')) });
  if (company.isError && !company.data)
    return <ErrorState error={company.error} onRetry={() => void company.refetch()} />;
  if (!company.data) return <Skeleton className="h-32 rounded-lg" />;
  return (
    <>
      <SecondFactorForAll company={company.data} writes={can(me, 'company:write')} />
      <SingleSignOnCard may={can(me, 'single_sign_on:write')} />
    </>
  );
}

function SecondFactorForAll({ company, writes }: { company: Schemas['Company']; writes: boolean }) {
  const { t } = useTranslation('settings');
  const say = useProblemText();
  const client = useQueryClient();
  const save = useMutation({
    mutationFn: (require_second_factor: boolean) => ok(api.PATCH('/v1/company', { body: { require_second_factor } })),
    onSuccess: (fresh) => {
      client.setQueryData(keys.company, fresh);
      toast(t('common:saved'));
    },
  });
  return (
    <Card title={t('factor.company')} note={t('factor.company_note')}>
      <div className="flex flex-col items-start gap-3 p-4">
        <Switch
          label={t('factor.require')}
          checked={save.isPending ? save.variables : company.require_second_factor}
          disabled={!writes}
          onChange={(wanted) => save.mutate(wanted)}
        />
        {save.isError && <Note tone="bad" title={say(save.error)} className="self-stretch" />}
      </div>
    </Card>
  );
}
