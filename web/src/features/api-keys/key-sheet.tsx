import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { ApiKey, ApiKeyShown } from '../../api/types';
import { can } from '../../can';
import { useMe } from '../../hooks';
import { dateTime } from '../../i18n/format';
import { useFieldErrors, useProblemText } from '../../i18n/problems';
import { Button } from '../../ui/button';
import { TextField } from '../../ui/field';
import { Confirm, Sheet } from '../../ui/overlay';
import { Fact, Facts } from '../../ui/page';
import { Note } from '../../ui/state';
import { toast } from '../../ui/toast';
import { NetworksField } from './fields';
import { useChangeKey, useRevokeKey } from './queries';
import { Rotation } from './rotation';
import { ScopePicker } from './scope-picker';
import { networks } from './scopes';
import { KeyEnd, KeyState } from './state';

/** One key: where it stands, what it may, its secrets, and its end. */
export function KeySheet(props: { of: ApiKey | null; onClose: () => void; onSecret: (shown: ApiKeyShown) => void }) {
  const { t } = useTranslation('api-keys');
  const say = useProblemText();
  const me = useMe();
  const revoke = useRevokeKey();
  const [leaving, setLeaving] = useState(false);
  const { of } = props;
  const writes = can(me, 'api_keys:write') && of?.state !== 'revoked';
  return (
    <>
      <Sheet
        open={of !== null}
        onClose={props.onClose}
        title={of?.name ?? ''}
        note={of && <code>{of.prefix}…</code>}
        foot={
          writes && (
            <Button look="danger" onClick={() => setLeaving(true)}>
              {t('revoke')}
            </Button>
          )
        }
      >
        {of && (
          <div className="flex flex-col gap-6">
            <Standing of={of} />
            {of.state === 'orphaned' && writes && <TakeOver of={of} />}
            {writes && <Rotation of={of} onSecret={props.onSecret} />}
            <Rights key={of.id} of={of} writes={writes} />
          </div>
        )}
      </Sheet>
      <Confirm
        open={leaving && of !== null}
        onClose={() => setLeaving(false)}
        title={t('revoke_title', { name: of?.name })}
        action={t('revoke')}
        busy={revoke.isPending}
        error={revoke.isError ? say(revoke.error) : null}
        onConfirm={() =>
          of &&
          revoke.mutate(of.id, {
            onSuccess: () => {
              toast(t('revoked', { name: of.name }));
              setLeaving(false);
              props.onClose();
            },
          })
        }
      >
        {t('revoke_text')}
      </Confirm>
    </>
  );
}

function Standing({ of }: { of: ApiKey }) {
  const { t } = useTranslation('api-keys');
  return (
    <div className="flex flex-col gap-3">
      <Facts>
        <Fact name={t('column.state')}>
          <KeyState of={of} />
        </Fact>
        <Fact name={t('column.by')}>{of.created_by}</Fact>
        <Fact name={t('made')}>{dateTime(of.created_at)}</Fact>
        <Fact name={t('column.ends')}>
          <KeyEnd of={of} />
        </Fact>
        <Fact name={t('column.used')}>
          {of.last_used_at
            ? t('used_from', { at: dateTime(of.last_used_at), address: of.last_used_from })
            : t('unused')}
        </Fact>
        <Fact name={t('form.networks')}>{of.networks.length > 0 ? of.networks.join(', ') : t('anywhere')}</Fact>
      </Facts>
      {of.idle_scopes.length > 0 && of.state === 'active' && (
        <Note tone="warn" title={t('idle', { name: of.created_by })}>
          {of.idle_scopes.join(', ')}
        </Note>
      )}
    </div>
  );
}

function TakeOver({ of }: { of: ApiKey }) {
  const { t } = useTranslation('api-keys');
  const say = useProblemText();
  const change = useChangeKey();
  return (
    <Note
      tone="warn"
      title={t('orphaned_title', { name: of.created_by })}
      action={
        <Button
          size="sm"
          busy={change.isPending}
          onClick={() =>
            change.mutate(
              { id: of.id, take_over: true },
              { onSuccess: () => toast(t('taken_over', { name: of.name })) },
            )
          }
        >
          {t('take_over')}
        </Button>
      }
    >
      {change.isError ? say(change.error) : t('orphaned_text')}
    </Note>
  );
}

function Rights({ of, writes }: { of: ApiKey; writes: boolean }) {
  const { t } = useTranslation('api-keys');
  const say = useProblemText();
  const faultsOf = useFieldErrors();
  const me = useMe();
  const change = useChangeKey();
  const [name, setName] = useState(of.name);
  const [scopes, setScopes] = useState<string[]>(of.scopes);
  const [from, setFrom] = useState(of.networks.join('\n'));
  const faults = change.isError ? faultsOf(change.error) : {};
  const wider = scopes.some((scope) => !of.scopes.includes(scope));
  const other = of.created_by_user !== me.user.id;
  const same =
    name.trim() === of.name &&
    networks(from).join() === of.networks.join() &&
    scopes.length === of.scopes.length &&
    !wider;
  const save = () =>
    change.mutate(
      {
        id: of.id,
        name: name.trim(),
        scopes,
        networks: networks(from),
        ...(wider && other ? { take_over: true } : {}),
      },
      { onSuccess: () => toast(t('common:saved')) },
    );
  return (
    <form
      className="flex flex-col gap-5"
      onSubmit={(event) => {
        event.preventDefault();
        if (!same && name.trim() && scopes.length > 0 && !change.isPending) save();
      }}
    >
      <TextField
        label={t('form.name')}
        maxLength={80}
        value={name}
        disabled={!writes}
        error={faults.name}
        onChange={(event) => setName(event.target.value)}
      />
      <ScopePicker value={scopes} onChange={setScopes} disabled={!writes} error={faults.scopes} />
      {wider && other && <Note tone="info" title={t('widening', { name: of.created_by })} />}
      {writes && <NetworksField value={from} onChange={setFrom} error={faults.networks} />}
      {change.isError && Object.keys(faults).length === 0 && <Note tone="bad" title={say(change.error)} />}
      {writes && (
        <Button
          type="submit"
          look="primary"
          className="self-start"
          busy={change.isPending}
          reason={
            same ? t('unchanged') : scopes.length === 0 ? t('form.scopes_first') : !name.trim() && t('form.name_first')
          }
        >
          {t('common:save')}
        </Button>
      )}
    </form>
  );
}
