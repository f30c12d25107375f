import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Schemas } from '../../api/types';
import { date } from '../../i18n/format';
import { useProblemText } from '../../i18n/problems';
import { StatusDot } from '../../ui/badge';
import { Button } from '../../ui/button';
import { CopyField } from '../../ui/copy-field';
import { Dialog } from '../../ui/overlay';
import { Card } from '../../ui/page';
import { QrCode } from '../../ui/qr';
import { ErrorState, Note, Skeleton } from '../../ui/state';
import { toast } from '../../ui/toast';
import { CodeField } from '../auth/code-field';
import { PasswordField } from '../auth/password-field';

/** What the card asks of whoever it belongs to: a person or an operator. */
export type FactorApi = {
  key: readonly string[];
  state: () => Promise<Schemas['SecondFactor']>;
  begin: (password: string) => Promise<Schemas['SecondFactorSecret']>;
  confirm: (code: string) => Promise<Schemas['RecoveryCodes']>;
  renew: (code: string) => Promise<Schemas['RecoveryCodes']>;
  off: (password: string, code: string) => Promise<unknown>;
  changed?: () => void;
};

type Step = 'begin' | 'renew' | 'off';

/** One-time codes of an authenticator at every sign-in: on, off, and new recovery codes. */
export function SecondFactorCard({ factor, needed }: { factor: FactorApi; needed?: boolean }) {
  const { t } = useTranslation('settings');
  const state = useQuery({ queryKey: factor.key, queryFn: factor.state });
  const [step, setStep] = useState<Step | null>(null);
  const [codes, setCodes] = useState<string[] | null>(null);
  const on = state.data?.state === 'on';
  const shown = (made: Schemas['RecoveryCodes']) => {
    setStep(null);
    setCodes(made.recovery_codes);
  };
  return (
    <Card title={t('factor.title')} note={t('factor.note')}>
      <div className="flex flex-col items-start gap-3 p-4">
        {needed && !on && (
          <Note tone="warn" title={t('factor.needed')} className="self-stretch">
            {t('factor.needed_note')}
          </Note>
        )}
        {state.isPending && <Skeleton className="w-40" />}
        {state.isError && !state.data && <ErrorState error={state.error} onRetry={() => void state.refetch()} />}
        {state.data && (
          <>
            <StatusDot tone={on ? 'ok' : 'line'} className="text-13">
              {on && state.data.since ? t('factor.on', { date: date(state.data.since) }) : t('factor.off')}
            </StatusDot>
            {on && (
              <p className="text-13 text-ink-2">{t('factor.codes_left', { count: state.data.recovery_codes_left })}</p>
            )}
            <div className="flex flex-wrap gap-2">
              {!on && (
                <Button look="primary" onClick={() => setStep('begin')}>
                  {t('factor.turn_on')}
                </Button>
              )}
              {on && <Button onClick={() => setStep('renew')}>{t('factor.renew')}</Button>}
              {on && (
                <Button look="danger" onClick={() => setStep('off')}>
                  {t('factor.turn_off')}
                </Button>
              )}
            </div>
          </>
        )}
      </div>
      {step === 'begin' && <Begin factor={factor} onClose={() => setStep(null)} onCodes={shown} />}
      {step === 'renew' && (
        <Prove
          title={t('factor.renew')}
          run={(_, code) => factor.renew(code).then(shown)}
          onClose={() => setStep(null)}
        />
      )}
      {step === 'off' && (
        <Prove
          title={t('factor.turn_off')}
          password
          danger
          run={async (password, code) => {
            await factor.off(password, code);
            toast(t('factor.is_off'));
            setStep(null);
          }}
          factor={factor}
          onClose={() => setStep(null)}
        />
      )}
      <Codes codes={codes} onClose={() => setCodes(null)} factor={factor} />
    </Card>
  );
}

/** Password, then the secret, then the first code. */
function Begin(props: { factor: FactorApi; onClose: () => void; onCodes: (codes: Schemas['RecoveryCodes']) => void }) {
  const { t } = useTranslation('settings');
  const say = useProblemText();
  const [text, setText] = useState('');
  const begin = useMutation({ mutationFn: props.factor.begin, onSuccess: () => setText('') });
  const confirm = useMutation({ mutationFn: props.factor.confirm, onSuccess: props.onCodes });
  const failed = begin.data ? confirm.error : begin.error;
  return (
    <Dialog open onClose={props.onClose} title={t('factor.turn_on')}>
      <form
        noValidate
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          if (text && !begin.isPending && !confirm.isPending) (begin.data ? confirm : begin).mutate(text);
        }}
      >
        {begin.data ? (
          <>
            <p className="text-13 text-ink-2">{t('factor.add_it')}</p>
            <div className="flex flex-wrap items-center gap-4">
              <QrCode text={begin.data.address} label={t('factor.qr')} />
              <p className="max-w-[24ch] text-13 text-ink-2">{t('factor.scan')}</p>
            </div>
            <CopyField label={t('factor.secret')} value={begin.data.secret} />
            <a href={begin.data.address} className="text-13 font-medium text-brand hover:underline">
              {t('factor.open_it')}
            </a>
            <CodeField first value={text} onChange={(event) => setText(event.target.value)} />
          </>
        ) : (
          <PasswordField
            label={t('password.current')}
            autoComplete="current-password"
            value={text}
            onChange={(event) => setText(event.target.value)}
          />
        )}
        {failed && <Note tone="bad" title={say(failed)} />}
        <Button type="submit" look="primary" className="self-start" busy={begin.isPending || confirm.isPending}>
          {begin.data ? t('factor.turn_on') : t('common:next')}
        </Button>
      </form>
    </Dialog>
  );
}

/** A code, and where more is at stake the password, before something changes. */
function Prove(props: {
  title: string;
  password?: boolean;
  danger?: boolean;
  factor?: FactorApi;
  run: (password: string, code: string) => Promise<unknown>;
  onClose: () => void;
}) {
  const { t } = useTranslation('settings');
  const say = useProblemText();
  const client = useQueryClient();
  const [password, setPassword] = useState('');
  const [code, setCode] = useState('');
  const run = useMutation({
    mutationFn: () => props.run(password, code),
    onSuccess: () => {
      if (props.factor) void client.invalidateQueries({ queryKey: props.factor.key });
      props.factor?.changed?.();
    },
  });
  return (
    <Dialog open onClose={props.onClose} title={props.title}>
      <form
        noValidate
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          if (code && (password || !props.password) && !run.isPending) run.mutate();
        }}
      >
        {props.password && (
          <PasswordField
            label={t('password.current')}
            autoComplete="current-password"
            value={password}
            onChange={(event) => setPassword(event.target.value)}
          />
        )}
        <CodeField value={code} onChange={(event) => setCode(event.target.value)} />
        {run.isError && <Note tone="bad" title={say(run.error)} />}
        <Button type="submit" look={props.danger ? 'end' : 'primary'} className="self-start" busy={run.isPending}>
          {props.title}
        </Button>
      </form>
    </Dialog>
  );
}

/** The recovery codes, shown this once. */
function Codes(props: { codes: string[] | null; factor: FactorApi; onClose: () => void }) {
  const { t } = useTranslation('settings');
  const client = useQueryClient();
  const close = () => {
    void client.invalidateQueries({ queryKey: props.factor.key });
    props.factor.changed?.();
    props.onClose();
  };
  return (
    <Dialog
      open={props.codes !== null}
      onClose={close}
      title={t('factor.codes')}
      foot={
        <Button look="primary" onClick={close}>
          {t('factor.kept')}
        </Button>
      }
    >
      <div className="flex flex-col gap-4">
        <Note tone="warn" title={t('factor.once')}>
          {t('factor.once_note')}
        </Note>
        <ul aria-label={t('factor.codes')} className="num grid grid-cols-2 gap-x-6 gap-y-1 font-mono text-14">
          {props.codes?.map((code) => (
            <li key={code}>{code}</li>
          ))}
        </ul>
        <CopyField label={t('factor.codes')} value={props.codes?.join('\n') ?? ''} />
      </div>
    </Dialog>
  );
}
