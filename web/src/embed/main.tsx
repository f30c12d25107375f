/** A page that is a softphone and nothing else: see `server.ts` for what it needs. */
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { StrictMode, Suspense, useState } from 'react';
import { createRoot } from 'react-dom/client';
import { useTranslation } from 'react-i18next';
import { startTexts } from '../i18n';
import { Button } from '../ui/button';
import { TextField } from '../ui/field';
import { PageSkeleton } from '../ui/state';
import '../styles/main.css';
import { type Opening, openingOf } from './server';
import { Telephone } from './telephone';

function Page({ first }: { first: Opening | null }) {
  const [opening, setOpening] = useState(first);
  if (opening) return <Telephone opening={opening} />;
  return <Ask onToken={(token) => setOpening(openingOf(`#token=${token}`, location.origin))} />;
}

function Ask({ onToken }: { onToken: (token: string) => void }) {
  const { t } = useTranslation('embed');
  const [text, setText] = useState('');
  const [tried, setTried] = useState(false);
  const good = text.trim().startsWith('pb_seat_');
  return (
    <form
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        setTried(true);
        if (good) onToken(text.trim());
      }}
    >
      <TextField
        label={t('token')}
        hint={t('token_hint')}
        error={tried && !good ? t('token_wrong') : null}
        autoComplete="off"
        spellCheck={false}
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
      <Button type="submit" look="primary">
        {t('open')}
      </Button>
    </form>
  );
}

const root = document.getElementById('root');
if (!root) throw new Error('softphone.html has no #root');

// The token stays in memory: neither the address bar nor the history keeps it.
const opening = openingOf(location.hash, location.origin);
history.replaceState(null, '', location.pathname);
await startTexts();
const client = new QueryClient({ defaultOptions: { queries: { retry: 1 } } });
createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={client}>
      <main className="mx-auto flex min-h-dvh max-w-sm flex-col justify-center p-4">
        <Suspense fallback={<PageSkeleton />}>
          <Page first={opening} />
        </Suspense>
      </main>
    </QueryClientProvider>
  </StrictMode>,
);
