import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import {
  createMemoryHistory,
  createRootRoute,
  createRoute,
  createRouter,
  RouterProvider,
} from '@tanstack/react-router';
import { render, screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import i18next from 'i18next';
import { initReactI18next } from 'react-i18next';
import { afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import auth from '../../locales/en/auth.json';
import common from '../../locales/en/common.json';
import problems from '../../locales/en/problems.json';
import { SignInPage } from './sign-in';
import { SignUpPage } from './sign-up';

beforeAll(() =>
  i18next.use(initReactI18next).init({
    lng: 'en',
    ns: ['common', 'problems', 'auth'],
    defaultNS: 'common',
    resources: { en: { common, problems, auth } },
  }),
);

type Answer = { status: number; body: unknown };
const sent: { path: string; body: unknown }[] = [];
let answers: Record<string, Answer>;

beforeEach(() => {
  sent.length = 0;
  answers = {
    '/v1/status': {
      status: 200,
      body: { name: 'Patchbay', version: '1', demo: false, lab: false, mail: false, sip_domain: 'x' },
    },
    '/v1/session/refresh': { status: 401, body: { code: 'unauthenticated' } },
  };
  vi.stubGlobal('fetch', async (input: Request | string) => {
    const request = typeof input === 'string' ? new Request(new URL(input, 'http://localhost')) : input;
    const path = new URL(request.url).pathname;
    const text = await request.clone().text();
    if (text) sent.push({ path, body: JSON.parse(text) });
    const { status, body } = answers[path] ?? { status: 404, body: { code: 'not_found' } };
    return new Response(JSON.stringify(body), { status, headers: { 'Content-Type': 'application/json' } });
  });
});
afterEach(() => void vi.unstubAllGlobals());

function show(component: () => React.ReactNode) {
  const root = createRootRoute();
  const page = createRoute({ getParentRoute: () => root, path: '/', component });
  const router = createRouter({ routeTree: root.addChildren([page]), history: createMemoryHistory() });
  render(
    <QueryClientProvider client={new QueryClient({ defaultOptions: { queries: { retry: false } } })}>
      <RouterProvider router={router} />
    </QueryClientProvider>,
  );
}

it('says what is wrong in words and keeps the address', async () => {
  answers['/v1/sign-in'] = { status: 401, body: { code: 'wrong_password', detail: 'no' } };
  show(SignInPage);
  const email = await screen.findByLabelText(auth.email);
  await userEvent.type(email, ' elena@harbour.example ');
  await userEvent.type(screen.getByLabelText(auth.password), 'not it');
  await userEvent.click(screen.getByRole('button', { name: auth.sign_in }));
  expect(await screen.findByText(problems.wrong_password)).toBeInTheDocument();
  expect(sent).toContainEqual({ path: '/v1/sign-in', body: { email: 'elena@harbour.example', password: 'not it' } });
  expect(screen.getByLabelText(auth.password)).toHaveFocus();
});

it('asks the server nothing while fields are empty', async () => {
  show(SignInPage);
  await userEvent.click(await screen.findByRole('button', { name: auth.sign_in }));
  expect(await screen.findByText(auth.email_needed)).toBeInTheDocument();
  expect(sent.filter((one) => one.path === '/v1/sign-in')).toEqual([]);
});

it('shows a password only when told to', async () => {
  show(SignInPage);
  const password = await screen.findByLabelText(auth.password);
  expect(password).toHaveAttribute('type', 'password');
  await userEvent.click(screen.getByRole('button', { name: auth.show_password }));
  expect(password).toHaveAttribute('type', 'text');
});

it('sets what the server refuses beside its field', async () => {
  answers['/v1/sign-up'] = {
    status: 422,
    body: { code: 'validation', errors: [{ field: 'company', code: 'too_long', text: 'At most 80 characters.' }] },
  };
  show(SignUpPage);
  await userEvent.type(await screen.findByLabelText(auth.your_name), 'Elena Marsh');
  await userEvent.type(screen.getByLabelText(auth.work_email), 'elena@harbour.example');
  await userEvent.type(screen.getByLabelText(auth.password), 'correct horse battery');
  await userEvent.type(screen.getByLabelText(auth.company_name), 'Harbour');
  await userEvent.click(screen.getByRole('button', { name: auth.create_company }));
  expect(await screen.findAllByText(problems.fields.too_long)).not.toHaveLength(0);
  expect(screen.getByLabelText(auth.company_name)).toBeInvalid();
});

it('does not send a password that breaks the rules', async () => {
  show(SignUpPage);
  await userEvent.type(await screen.findByLabelText(auth.your_name), 'Elena Marsh');
  await userEvent.type(screen.getByLabelText(auth.work_email), 'elena@harbour.example');
  await userEvent.type(screen.getByLabelText(auth.password), 'elena-marsh-1');
  await userEvent.type(screen.getByLabelText(auth.company_name), 'Harbour');
  await userEvent.click(screen.getByRole('button', { name: auth.create_company }));
  expect(await screen.findByText(auth.password_weak)).toBeInTheDocument();
  expect(sent.filter((one) => one.path === '/v1/sign-up')).toEqual([]);
});

it('finds the company of an address, and sends the browser to its sign-in service', async () => {
  const assign = vi.fn();
  vi.stubGlobal('location', { ...location, origin: location.origin, assign });
  answers['/v1/sign-in/companies'] = { status: 200, body: [{ company: 'Harbour', realm: 'harbour-1' }] };
  answers['/v1/sign-in/single-sign-on'] = { status: 200, body: { address: 'https://login.harbour.example/x' } };
  show(SignInPage);
  await userEvent.click(await screen.findByRole('button', { name: auth.sso.use }));
  await userEvent.type(screen.getByLabelText(auth.sso.who), 'elena@harbour.example');
  await userEvent.click(screen.getByRole('button', { name: auth.sso.go }));
  await waitFor(() => expect(assign).toHaveBeenCalledWith('https://login.harbour.example/x'));
  expect(sent).toContainEqual({
    path: '/v1/sign-in/single-sign-on',
    body: { realm: 'harbour-1', return_to: '/', email: 'elena@harbour.example' },
  });
});

it('lets one choose among several companies, and says when there is none', async () => {
  const both = [
    { company: 'Harbour', realm: 'harbour-1' },
    { company: 'Harbour South', realm: 'harbour-2' },
  ];
  answers['/v1/sign-in/companies'] = { status: 200, body: [] };
  show(SignInPage);
  await userEvent.click(await screen.findByRole('button', { name: auth.sso.use }));
  await userEvent.type(screen.getByLabelText(auth.sso.who), 'elena@harbour.example');
  await userEvent.click(screen.getByRole('button', { name: auth.sso.go }));
  expect(await screen.findByText(auth.sso.none)).toBeInTheDocument();
  answers['/v1/sign-in/companies'] = { status: 200, body: both };
  await userEvent.click(screen.getByRole('button', { name: auth.sso.go }));
  expect(await screen.findByRole('button', { name: 'Harbour South' })).toBeInTheDocument();
});

it('goes on with the sign-in service where the company takes no password', async () => {
  answers['/v1/sign-in'] = { status: 403, body: { code: 'sso_required', detail: 'no' } };
  show(SignInPage);
  await userEvent.type(await screen.findByLabelText(auth.email), 'elena@harbour.example');
  await userEvent.type(screen.getByLabelText(auth.password), 'correct horse');
  await userEvent.click(screen.getByRole('button', { name: auth.sign_in }));
  expect(await screen.findByText(auth.sso.sent)).toBeInTheDocument();
  expect(screen.getByLabelText(auth.sso.who)).toHaveValue('elena@harbour.example');
});
