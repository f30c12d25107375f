import { Check, Minus } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Schemas } from '../../api/types';
import { phone } from '../../i18n/format';
import { useFieldErrors, useProblemText } from '../../i18n/problems';
import { Button } from '../../ui/button';
import { cx } from '../../ui/cx';
import { Field, inputClass, TextField } from '../../ui/field';
import { Card, Fact, Facts, Page } from '../../ui/page';
import { Note } from '../../ui/state';
import { Segments } from '../../ui/tabs';
import { useMatch } from './queries';

type Ask = Schemas['MatchAsk'];
type Result = Schemas['MatchResult'];

/** Which gateway, number and company an INVITE would find, and why not others. */
export function MatchPage() {
  const { t } = useTranslation('operator');
  const match = useMatch();
  return (
    <Page title={t('places.match')}>
      <p className="mb-4 max-w-[72ch] text-13 text-ink-2">{t('match.note')}</p>
      <div className="grid items-start gap-4 lg:grid-cols-[minmax(0,400px)_minmax(0,1fr)]">
        <Form match={match} />
        <div aria-live="polite" className="flex min-w-0 flex-col gap-4">
          {match.data && <Found of={match.data} />}
        </div>
      </div>
    </Page>
  );
}

function Form({ match }: { match: ReturnType<typeof useMatch> }) {
  const { t } = useTranslation('operator');
  const say = useProblemText();
  const faultsOf = useFieldErrors();
  const faults = match.isError ? faultsOf(match.error) : {};
  const [ask, setAsk] = useState({ source: '', account: '', request_uri: '', to: '', from: '', from_name: '' });
  const [transport, setTransport] = useState<'udp' | 'tcp' | 'tls'>('udp');
  const [headers, setHeaders] = useState('');
  const field = (name: keyof typeof ask, placeholder?: string, hint?: string) => (
    <TextField
      label={t(`match.${name}`)}
      placeholder={placeholder}
      hint={hint}
      error={faults[name]}
      value={ask[name]}
      onChange={(event) => setAsk({ ...ask, [name]: event.target.value })}
      spellCheck={false}
      autoComplete="off"
    />
  );
  return (
    <Card>
      <form
        noValidate
        className="flex flex-col gap-4 p-4"
        onSubmit={(event) => {
          event.preventDefault();
          match.mutate(read(ask, transport, headers));
        }}
      >
        {field('source', '192.0.2.7:5060')}
        <div className="flex flex-col items-start gap-1.5">
          <span className="text-13 font-medium">{t('match.transport')}</span>
          <Segments
            label={t('match.transport')}
            value={transport}
            onChange={setTransport}
            options={(['udp', 'tcp', 'tls'] as const).map((value) => ({ value, label: value.toUpperCase() }))}
          />
        </div>
        {field('request_uri', 'sip:+14155550100@sip.example.com')}
        {field('from', 'sip:+12125550123@192.0.2.7')}
        <details>
          <summary className="cursor-pointer text-13 font-medium text-ink-2">{t('match.rest')}</summary>
          <div className="mt-3 flex flex-col gap-4">
            {field('to', undefined, t('match.to_hint'))}
            {field('from_name')}
            {field('account', undefined, t('match.account_hint'))}
            <Field label={t('match.headers')} hint={t('match.headers_hint')} error={faults.headers}>
              {(wiring) => (
                <textarea
                  {...wiring}
                  rows={4}
                  spellCheck={false}
                  className={cx(inputClass, 'h-auto py-2 font-mono text-12')}
                  placeholder="Diversion: <sip:+14155550100@example.com>"
                  value={headers}
                  onChange={(event) => setHeaders(event.target.value)}
                />
              )}
            </Field>
          </div>
        </details>
        {match.isError && <Note tone="bad" title={say(match.error)} />}
        <Button type="submit" look="primary" className="self-start" busy={match.isPending}>
          {t('match.action')}
        </Button>
      </form>
    </Card>
  );
}

function read(ask: Record<string, string>, transport: string, headers: string): Ask {
  const given = Object.fromEntries(Object.entries(ask).filter(([, value]) => value.trim() !== ''));
  const lines = headers
    .split('\n')
    .map((line) => line.split(/:(.*)/s))
    .filter(([name]) => name?.trim());
  return {
    source: '',
    request_uri: '',
    ...given,
    transport,
    headers: lines.map(([name = '', value = '']) => ({ name: name.trim(), value: value.trim() })),
  };
}

/** What the call would come to, in one sentence. */
function Why({ of }: { of: Result }) {
  const { t } = useTranslation(['operator', 'causes']);
  const { outcome } = of;
  if (outcome.accepted) return t('match.would_ring', { rings: outcome.rings.join(', '), company: of.company });
  if (!of.gateway) return t('match.nobody');
  return outcome.cause ? t(`causes:${outcome.cause}.title`, { defaultValue: outcome.text }) : outcome.text;
}

function Found({ of }: { of: Result }) {
  const { t } = useTranslation('operator');
  const portText = (one: Result['gateway_ports'][number]): string => {
    const why = t(`match.port_reason.${one.reason}`, { named: one.named, defaultValue: one.text });
    const more = [
      one.chosen && one.switched_off && t('match.switched_off'),
      !one.chosen && one.lives_here && t('match.lives_here'),
    ];
    return [why, ...more.filter(Boolean)].join(' · ');
  };
  const { outcome } = of;
  return (
    <>
      <Note
        tone={outcome.accepted ? 'ok' : 'warn'}
        title={outcome.accepted ? t('match.accepted') : t('match.refused', { code: outcome.sip_code })}
      >
        <Why of={of} />
      </Note>
      <Card title={t('match.result')}>
        <Facts className="p-4">
          <Fact name={t('match.called')}>{of.called ? phone(of.called) : t('match.unknown')}</Fact>
          <Fact name={t('match.caller')}>{of.caller ? phone(of.caller) : t('match.unknown')}</Fact>
          <Fact name={t('numbers.number')}>{of.number ? phone(of.number) : t('match.unknown')}</Fact>
          {of.home && (
            <Fact name={t('match.home')}>
              {of.home.gateway_label} · {of.home.label}
            </Fact>
          )}
          <Fact name={t('companies.name')}>{of.company ?? t('match.unknown')}</Fact>
          {outcome.rings.length > 0 && (
            <Fact name={t('match.rings')}>
              <code className="text-12 break-all">{outcome.rings.join(', ')}</code>
            </Fact>
          )}
        </Facts>
      </Card>
      <Candidates
        title={t('places.gateways')}
        empty={t('match.no_sources')}
        all={of.sources.map((one) => ({
          key: `${one.gateway} ${one.addresses.join()}`,
          name: one.label,
          sub: one.addresses.length > 0 ? `${one.addresses.join(', ')} ${one.transport.toUpperCase()}` : '',
          chosen: one.chosen,
          text: t(`match.source_reason.${one.reason}`, { defaultValue: one.text }),
        }))}
      />
      {of.gateway && (
        <Candidates
          title={t('match.ports')}
          empty={t('match.no_ports')}
          all={of.gateway_ports.map((one) => ({
            key: one.gateway_port,
            name: one.label,
            sub: '',
            chosen: one.chosen,
            text: portText(one),
          }))}
        />
      )}
    </>
  );
}

type Candidate = { key: string; name: string; sub: string; chosen: boolean; text: string };

function Candidates({ title, empty, all }: { title: string; empty: ReactNode; all: Candidate[] }) {
  const { t } = useTranslation('operator');
  return (
    <Card title={title}>
      {all.length === 0 && <p className="p-4 text-13 text-ink-3">{empty}</p>}
      <ul>
        {all.map((one) => (
          <li key={one.key} className="flex gap-3 border-line px-4 py-2.5 text-13 not-last:border-b">
            {one.chosen ? (
              <Check aria-label={t('match.chosen')} role="img" className="mt-0.5 size-4 shrink-0 text-ok" />
            ) : (
              <Minus aria-label={t('match.not_chosen')} role="img" className="mt-0.5 size-4 shrink-0 text-ink-3" />
            )}
            <div className="min-w-0">
              <p className={cx('font-medium', !one.chosen && 'text-ink-2')}>{one.name}</p>
              {one.sub && <p className="num text-12 text-ink-3">{one.sub}</p>}
              <p className="text-ink-2">{one.text}</p>
            </div>
          </li>
        ))}
      </ul>
    </Card>
  );
}
