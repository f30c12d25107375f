import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { StrictMode, Suspense } from 'react';
import { createRoot } from 'react-dom/client';
import { queryClient } from './api/query';
import { startTexts } from './i18n';
import { router } from './routes';
import { wasInCall } from './softphone/in-call';
import './styles/main.css';
import { PageSkeleton } from './ui/state';
import { Toaster } from './ui/toast';

const root = document.getElementById('root');
if (!root) throw new Error('index.html has no #root');

if (wasInCall()) void import('./softphone/jssip');
await startTexts();
createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={queryClient}>
      <Suspense fallback={<PageSkeleton />}>
        <RouterProvider router={router} />
      </Suspense>
      <Toaster />
    </QueryClientProvider>
  </StrictMode>,
);
