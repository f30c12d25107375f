import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ok, open } from '../../api/client';
import type { Schemas } from '../../api/types';
import { useProblemText } from '../../i18n/problems';
import { Button } from '../../ui/button';
import { TextField } from '../../ui/field';
import { Note } from '../../ui/state';

type Company = Schemas['SignOnCompany'];

/** Finds the company of an address, and sends the browser to its sign-in service. */
export function SingleSignOn(props: { next: string; company: string; onPassword: () => void }) {
  const { t } = useTranslation('auth');
  const say = useProblemText();
  const [who, setWho] = useState(props.company);
  const [asked, setAsked] = useState(false);
  const start = useMutation({
    mutationFn: (realm: string) =>
      ok(
        open.POST('/v1/sign-in/single-sign-on', {
          body: { realm, return_to: props.next, ...(who.includes('@') ? { email: who.trim() } : {}) },
        }),
      ),
    onSuccess: ({ address }) => location.assign(address),
  });
  const find = useMutation({
    mutationFn: (text: string) => ok(open.POST('/v1/sign-in/companies', { body: { who: text } })),
    onSuccess: (found) => found.length === 1 && found[0] && start.mutate(found[0].realm),
  });
  const found: Company[] = find.data ?? [];
  const failed = find.error ?? start.error;
  const busy = find.isPending || start.isPending || start.isSuccess;
  const missing = asked && who.trim() === '';
  return (
    <>
      <form
        noValidate
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          setAsked(true);
          if (who.trim() !== '' && !busy) find.mutate(who.trim());
        }}
      >
        <TextField
          label={t('sso.who')}
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          className="h-10"
          value={who}
          error={missing ? t('sso.who_needed') : null}
          onChange={(event) => {
            setWho(event.target.value);
            find.reset();
          }}
        />
        {failed && <Note tone="bad" title={say(failed)} />}
        {find.isSuccess && found.length === 0 && (
          <Note tone="warn" title={t('sso.none')}>
            {t('sso.none_note')}
          </Note>
        )}
        {found.length < 2 && (
          <Button type="submit" look="primary" size="lg" busy={busy}>
            {t('sso.go')}
          </Button>
        )}
      </form>
      {found.length > 1 && (
        <section aria-labelledby="which-company" className="flex flex-col gap-2">
          <h2 id="which-company" className="text-13 font-medium">
            {t('sso.pick')}
          </h2>
          {found.map((one) => (
            <Button
              key={one.realm}
              size="lg"
              busy={start.isPending && start.variables === one.realm}
              onClick={() => !busy && start.mutate(one.realm)}
            >
              {one.company}
            </Button>
          ))}
        </section>
      )}
      <Button look="quiet" onClick={props.onPassword}>
        {t('sso.password')}
      </Button>
    </>
  );
}
