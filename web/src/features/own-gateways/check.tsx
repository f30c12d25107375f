import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Schemas } from '../../api/types';
import { phone } from '../../i18n/format';
import { useFieldErrors, useProblemText } from '../../i18n/problems';
import { paths } from '../../paths';
import { Button, buttonClass } from '../../ui/button';
import { Field, TextField } from '../../ui/field';
import { Dialog } from '../../ui/overlay';
import { Select } from '../../ui/select';
import { Note } from '../../ui/state';
import { useBeginCheck, useCheck, useCheckCall, useLab, useLabAnswer } from './queries';

const KINDS = ['local', 'mobile', 'toll_free'] as const;

/** Shows that a number is the company's own: it is called, and whoever answers keys in the code shown here. */
export function NumberCheckDialog({ port, onClose }: { port: Schemas['OwnGatewayPort']; onClose: () => void }) {
  const { t } = useTranslation('own-gateways');
  const [began, setBegan] = useState<Schemas['NumberCheck'] | null>(null);
  const check = useCheck(began).data ?? began;
  return (
    <Dialog open onClose={onClose} title={t('check.title')} note={port.label}>
      <div className="flex flex-col gap-4">
        {!check ? (
          <Begin port={port} onBegan={setBegan} />
        ) : check.state === 'passed' ? (
          <>
            <Note tone="ok" title={t('check.passed', { number: phone(check.number) })}>
              {t('check.passed_note')}
            </Note>
            <Link to={paths.numbers} className={buttonClass({ look: 'primary', className: 'self-start' })}>
              {t('check.numbers')}
            </Link>
          </>
        ) : check.state === 'failed' ? (
          <>
            <Note tone="bad" title={check.failure ? t(`check.failure.${check.failure}`) : t('check.failed')}>
              {t('check.failed_note')}
            </Note>
            <Button className="self-start" onClick={() => setBegan(null)}>
              {t('check.again')}
            </Button>
          </>
        ) : (
          <Call check={check} />
        )}
      </div>
    </Dialog>
  );
}

function Begin(props: { port: Schemas['OwnGatewayPort']; onBegan: (check: Schemas['NumberCheck']) => void }) {
  const { t } = useTranslation('own-gateways');
  const say = useProblemText();
  const fields = useFieldErrors();
  const begin = useBeginCheck();
  const [number, setNumber] = useState('');
  const [kind, setKind] = useState<(typeof KINDS)[number]>('local');
  const [key] = useState(() => crypto.randomUUID());
  const wrong = begin.isError ? fields(begin.error) : {};
  const tight = `+${number.replace(/\D/g, '')}`;
  return (
    <form
      noValidate
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        if (!begin.isPending)
          begin.mutate(
            { number: tight, kind, gateway_port: props.port.id, key: `${key}-${tight}-${kind}` },
            { onSuccess: props.onBegan },
          );
      }}
    >
      <p className="text-13 text-ink-2">{t('check.note')}</p>
      <TextField
        label={t('check.number')}
        hint={t('check.number_hint')}
        type="tel"
        className="num"
        value={number}
        error={wrong.number}
        onChange={(event) => setNumber(event.target.value)}
      />
      <Field label={t('check.kind')}>
        {(wiring) => (
          <Select
            {...wiring}
            value={kind}
            onChange={setKind}
            options={KINDS.map((value) => ({ value, label: t(`check.${value}`) }))}
          />
        )}
      </Field>
      {begin.isError && !wrong.number && <Note tone="bad" title={say(begin.error)} />}
      <Button type="submit" look="primary" className="self-start" busy={begin.isPending} disabled={tight.length < 4}>
        {t('check.begin')}
      </Button>
    </form>
  );
}

function Call({ check }: { check: Schemas['NumberCheck'] }) {
  const { t, i18n } = useTranslation('own-gateways');
  const say = useProblemText();
  const call = useCheckCall();
  const lab = useLab();
  const number = phone(check.number);
  const calling = check.state === 'calling';
  return (
    <>
      <div className="rounded-lg border border-line bg-panel-2 p-4 text-center">
        <p className="text-13 text-ink-2">{t('check.code')}</p>
        <p className="num mt-1 text-28 font-semibold tracking-[0.2em]" data-testid="code">
          {check.code}
        </p>
      </div>
      <p aria-live="polite" className="text-13 text-ink-2">
        {calling ? t('check.calling', { number }) : t('check.code_note')}
      </p>
      {check.failure && !calling && <Note tone="warn" title={t(`check.failure.${check.failure}`)} />}
      {call.isError && <Note tone="bad" title={say(call.error)} />}
      {lab.data?.available && !calling && <LabTelephone number={check.number} />}
      <div className="flex items-center gap-3">
        <Button
          look="primary"
          busy={calling || call.isPending}
          onClick={() => call.mutate({ id: check.id, language: i18n.resolvedLanguage ?? 'en' })}
        >
          {t('check.call', { number })}
        </Button>
        <span className="text-13 text-ink-3">{t('check.left', { count: check.calls_left })}</span>
      </div>
    </>
  );
}

/** The telephone behind the simulated carrier: what whoever answers there will press. */
function LabTelephone({ number }: { number: string }) {
  const { t } = useTranslation('own-gateways');
  const say = useProblemText();
  const answer = useLabAnswer();
  const [keys, setKeys] = useState('');
  return (
    <fieldset className="flex flex-col gap-3 rounded-lg border border-line p-4">
      <legend className="px-1 text-13 font-medium">{t('check.lab')}</legend>
      <p className="text-13 text-ink-2">{t('check.lab_note')}</p>
      <div className="flex items-end gap-2">
        <TextField
          label={t('check.lab_keys')}
          inputMode="numeric"
          className="num"
          maxLength={20}
          value={keys}
          onChange={(event) => setKeys(event.target.value.replace(/[^\d*#]/g, ''))}
        />
        <Button busy={answer.isPending} disabled={!keys} onClick={() => answer.mutate({ number, keys })}>
          {t('check.lab_set')}
        </Button>
      </div>
      <p aria-live="polite" className="text-13 text-ink-2">
        {answer.isSuccess && t('check.lab_ready', { keys: answer.variables.keys })}
        {answer.isError && say(answer.error)}
      </p>
    </fieldset>
  );
}
