/** Nobody talks: a dial field, which number is shown, and what stands in the way if something does. */
import { useQuery } from '@tanstack/react-query';
import { Phone } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, ok } from '../../api/client';
import { keys } from '../../api/query';
import { useMe } from '../../hooks';
import { usePhone } from '../../softphone/context';
import { may } from '../../softphone/machine';
import { Button } from '../../ui/button';
import { OpenCord } from '../../ui/cord';
import { cx } from '../../ui/cx';
import { Select } from '../../ui/select';
import { LineNotice } from './line-notice';
import { dialString, ECHO, readable } from './numbers';

export const softphoneQuery = { queryKey: keys.softphone, queryFn: () => ok(api.GET('/v1/softphone')) };

const SHOWN = 'patchbay.displayed';

/** The number to show, remembered in this browser as long as the seat may show it. */
export function useDisplayed(): {
  chosen: string | undefined;
  choose: (e164: string) => void;
  choices: { value: string; label: string }[];
} {
  const { data } = useQuery(softphoneQuery);
  const [picked, setPicked] = useState(() => localStorage.getItem(SHOWN));
  const numbers = data?.displayed_numbers ?? [];
  const known = numbers.some((number) => number.e164 === picked);
  return {
    chosen: (known ? picked : (data?.default_displayed ?? numbers[0]?.e164)) ?? undefined,
    choose: (e164) => {
      localStorage.setItem(SHOWN, e164);
      setPicked(e164);
    },
    choices: numbers.map((number) => ({
      value: number.e164,
      label:
        number.label && number.label !== number.e164
          ? `${readable(number.e164)}, ${number.label}`
          : readable(number.e164),
    })),
  };
}

export function Idle() {
  const { t } = useTranslation('desk');
  const { state, phone } = usePhone();
  const me = useMe();
  const { data } = useQuery(softphoneQuery);
  const displayed = useDisplayed();
  const [typed, setTyped] = useState('');
  const [wrong, setWrong] = useState(false);
  const echo = data?.echo_number ?? ECHO;
  const place = (number: string) => void phone?.dial(number, { displayed: displayed.chosen });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const number = dialString(typed, me.company.country);
    setWrong(number === null && typed.trim() !== '');
    if (number && may.dial(state)) place(number);
  };
  return (
    <section aria-label={t('dial')} className="border-b border-line px-6 pt-8 pb-6">
      <div className="flex items-center gap-4">
        <OpenCord className={cx('max-sm:hidden', state.line === 'ready' ? 'text-ok' : 'text-ink-3')} />
        <div className="min-w-0">
          <h2 className="text-20 font-semibold tracking-tight">
            {t(state.line === 'ready' ? 'idle.title' : `line.${state.line}`)}
          </h2>
          <p className="mt-0.5 text-13 text-ink-2">
            {t('idle.extension', { extension: me.seat?.extension })}
            {displayed.choices.length === 0 && <span className="text-warn"> {t('idle.no_number')}</span>}
          </p>
        </div>
      </div>
      <LineNotice />
      <form onSubmit={submit} className="mt-5 flex gap-2">
        <label className="relative grow">
          <span className="sr-only">{t('number')}</span>
          <Phone
            aria-hidden
            className="pointer-events-none absolute top-1/2 left-4 size-4.5 -translate-y-1/2 text-ink-3"
          />
          <input
            type="tel"
            autoComplete="off"
            value={typed}
            onChange={(event) => {
              setTyped(event.target.value);
              setWrong(false);
            }}
            aria-invalid={wrong}
            aria-describedby="dial-hint"
            placeholder={t('number_placeholder')}
            className="num h-14 w-full min-w-0 rounded-lg border border-line-strong bg-panel pr-4 pl-12 text-20 aria-invalid:border-bad max-sm:pl-11 max-sm:text-16"
          />
        </label>
        <Button
          type="submit"
          look="answer"
          className="h-14 rounded-lg px-6 text-16"
          reason={may.dial(state) ? null : t('not_ready')}
        >
          <Phone aria-hidden className="size-4.5" />
          {t('call_button')}
        </Button>
      </form>
      <div className="mt-3 flex flex-wrap items-center gap-x-4 gap-y-2 text-13 text-ink-2">
        {displayed.choices.length > 0 && (
          <span className="flex items-center gap-2 whitespace-nowrap">
            {t('show_as')}
            <Select
              label={t('show_as')}
              options={displayed.choices}
              value={displayed.chosen ?? ''}
              onChange={(value) => displayed.choose(value)}
              size="sm"
            />
          </span>
        )}
        <span
          id="dial-hint"
          role={wrong ? 'alert' : undefined}
          className={wrong ? 'text-bad' : 'text-ink-3 max-sm:sr-only'}
        >
          {t(wrong ? 'number_wrong' : 'number_hint')}
        </span>
        <Button
          look="quiet"
          size="sm"
          className="ml-auto"
          reason={may.dial(state) ? null : t('not_ready')}
          onClick={() => place(echo)}
        >
          {t('call_echo')}
        </Button>
      </div>
    </section>
  );
}
