/** Numbers that are not the company's now but may be: given back and still at rest, or on their way in. */
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Schemas } from '../../api/types';
import { can } from '../../can';
import { useMe } from '../../hooks';
import { date, phone } from '../../i18n/format';
import { useProblemText } from '../../i18n/problems';
import { Button } from '../../ui/button';
import { Card } from '../../ui/page';
import { Note } from '../../ui/state';
import { toast } from '../../ui/toast';
import { useClaim, usePorting, useReleased, useTakeBack } from './queries';

export function WaitingNumbers() {
  const released = useReleased();
  const porting = usePorting();
  return (
    <>
      {porting.data && porting.data.length > 0 && <Porting numbers={porting.data} />}
      {released.data && released.data.length > 0 && <Released numbers={released.data} />}
    </>
  );
}

function Row(props: { main: string; sub: string; action: React.ReactNode }) {
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-2 border-t border-line px-4 py-2.5 first:border-t-0">
      <span className="min-w-0 grow">
        <span className="num block text-14 font-medium">{props.main}</span>
        <span className="block text-13 text-ink-2">{props.sub}</span>
      </span>
      {props.action}
    </li>
  );
}

function Released({ numbers }: { numbers: Schemas['NumberReleased'][] }) {
  const { t } = useTranslation('numbers');
  const say = useProblemText();
  const writes = can(useMe(), 'numbers:write');
  const back = useTakeBack();
  return (
    <Card title={t('released.title')} note={t('released.note')} className="mt-6">
      {back.isError && <Note tone="bad" title={say(back.error)} className="m-3" />}
      <ul>
        {numbers.map((one) => (
          <Row
            key={one.id}
            main={phone(one.e164)}
            sub={[one.label, t('released.until', { date: date(one.until) })].filter(Boolean).join(' · ')}
            action={
              writes && (
                <Button
                  size="sm"
                  aria-label={t('released.action_of', { number: phone(one.e164) })}
                  busy={back.isPending && back.variables === one.id}
                  onClick={() =>
                    back.mutate(one.id, {
                      onSuccess: () => toast(t('released.done', { number: phone(one.e164) })),
                    })
                  }
                >
                  {t('released.action')}
                </Button>
              )
            }
          />
        ))}
      </ul>
    </Card>
  );
}

function Porting({ numbers }: { numbers: Schemas['NumberPorting'][] }) {
  const { t } = useTranslation('numbers');
  return (
    <Card title={t('porting.title')} note={t('porting.note')} className="mt-6">
      <ul>
        {numbers.map((one) => (
          <Row
            key={one.id}
            main={phone(one.e164)}
            sub={[
              one.status_line ?? t('porting.no_word'),
              one.claim_until && t('porting.until', { date: date(one.claim_until) }),
            ]
              .filter(Boolean)
              .join(' · ')}
            action={one.claim_until && <ClaimPorted id={one.id} shown={phone(one.e164)} />}
          />
        ))}
      </ul>
    </Card>
  );
}

function ClaimPorted({ id, shown }: { id: string; shown: string }) {
  const { t } = useTranslation('numbers');
  const say = useProblemText();
  const claim = useClaim();
  const [key] = useState(() => crypto.randomUUID());
  if (!can(useMe(), 'numbers:write')) return null;
  return (
    <>
      {claim.isError && <span className="text-13 text-bad">{say(claim.error)}</span>}
      <Button
        size="sm"
        look="primary"
        aria-label={t('porting.action_of', { number: shown })}
        busy={claim.isPending}
        onClick={() =>
          claim.mutate({ id, seat: null, key }, { onSuccess: () => toast(t('shop.taken', { number: shown })) })
        }
      >
        {t('porting.action')}
      </Button>
    </>
  );
}
