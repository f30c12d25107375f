import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { act, render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import i18next from 'i18next';
import { initReactI18next } from 'react-i18next';
import { afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import common from '../../locales/en/common.json';
import desk from '../../locales/en/desk.json';
import { PhoneProvider, usePhone } from '../../softphone/context';
import { FakePhone } from '../../softphone/fake';
import { PhoneStore } from '../../softphone/store';
import { CallCard } from './call-card';
import { Idle } from './idle';
import { Incoming } from './incoming';

const rang: string[] = [];
vi.mock('../../softphone/ringer', () => ({
  RING: 'ring',
  RINGBACK: 'ringback',
  Ringer: class {
    ring = (what: string) => rang.push(what);
    stop = () => rang.push('stop');
  },
}));
vi.mock('../../hooks', async (original) => ({
  ...(await original<typeof import('../../hooks')>()),
  useMe: () => ({ company: { country: 'US' }, seat: { id: 'seat_1', extension: '101' } }),
}));

const softphone = {
  echo_number: '*43',
  default_displayed: '+12125550101',
  displayed_numbers: [{ e164: '+12125550101', label: 'Main' }],
  directory: [],
};

beforeAll(() =>
  i18next.use(initReactI18next).init({
    lng: 'en',
    ns: ['common', 'desk'],
    defaultNS: 'common',
    interpolation: { escapeValue: false },
    resources: { en: { common, desk } },
  }),
);
beforeEach(() => {
  rang.length = 0;
  localStorage.clear();
  vi.stubGlobal('fetch', async () => Response.json(softphone));
});
afterEach(() => void vi.unstubAllGlobals());

/** The middle of the desk: whatever the phone's state asks for. */
function Middle() {
  const { call } = usePhone().state;
  if (!call) return <Idle />;
  return call.stage === 'incoming' ? <Incoming call={call} /> : <CallCard call={call} />;
}

function show() {
  const phone = new FakePhone();
  const store = new PhoneStore(phone, 'test');
  render(
    <QueryClientProvider client={new QueryClient()}>
      <PhoneProvider store={store}>
        <Middle />
      </PhoneProvider>
    </QueryClientProvider>,
  );
  return { phone, start: () => act(() => store.start()), tell: (what: () => void) => act(what) };
}

it('dials nothing before the phone is ready', async () => {
  const { phone, start } = show();
  const field = screen.getByRole('textbox', { name: desk.number });
  await userEvent.type(field, '102{Enter}');
  await userEvent.click(screen.getByRole('button', { name: desk.call_button }));
  expect(phone.log).toEqual([]);
  start();
  await userEvent.type(field, '{Enter}');
  expect(phone.log.at(-1)).toMatch(/^dial 102/);
});

it('completes a national number and shows the chosen one', async () => {
  const { phone, start } = show();
  start();
  await screen.findByText(/Main/);
  await userEvent.type(screen.getByRole('textbox', { name: desk.number }), '(415) 555-0143{Enter}');
  expect(phone.log.at(-1)).toBe('dial +14155550143 as +12125550101');
  expect(screen.getByRole('heading', { name: '+1 415 555 0143' })).toBeInTheDocument();
});

it('says so instead of dialling what is no number', async () => {
  const { phone, start } = show();
  start();
  await userEvent.type(screen.getByRole('textbox', { name: desk.number }), 'Helena{Enter}');
  expect(screen.getByRole('alert')).toHaveTextContent(desk.number_wrong);
  expect(phone.log).toEqual(['start']);
});

it('rings until the call is answered, and Enter answers it', async () => {
  const { phone, start, tell } = show();
  start();
  tell(() => phone.ring('+14155550177', 'Helena Zhang', '+12125550101'));
  expect(screen.getByRole('alertdialog')).toHaveTextContent(/Helena Zhang.*\+1 415 555 0177/);
  expect(rang).toEqual(['ring']);
  await userEvent.keyboard('{Enter}');
  expect(phone.log.at(-1)).toBe('answer');
  expect(rang).toEqual(['ring', 'stop']);
  expect(screen.getByText(desk.state.talking)).toBeInTheDocument();
});

it('declines with Escape and is ready for the next call', async () => {
  const { phone, start, tell } = show();
  start();
  tell(() => phone.ring('102', null, ''));
  await userEvent.keyboard('{Escape}');
  expect(phone.log.at(-1)).toBe('hang up');
  expect(screen.queryByRole('alertdialog')).not.toBeInTheDocument();
  expect(rang.at(-1)).toBe('stop');
});

it('mutes and holds by letter, and tells which of both sides holds', async () => {
  const { phone, start, tell } = show();
  start();
  tell(() => phone.ring('102', 'Tom', ''));
  await userEvent.keyboard('{Enter}m');
  expect(phone.log.at(-1)).toBe('mute true');
  expect(screen.getByRole('button', { name: desk.unmute, pressed: true })).toBeInTheDocument();
  await userEvent.keyboard('mh');
  expect(phone.log.at(-1)).toBe('hold true');
  expect(screen.getByText(desk.state.held_by_us)).toBeInTheDocument();
  await userEvent.keyboard('h');
  tell(() => phone.tell({ kind: 'held', id: phone.call(), by: 'them', on: true }));
  expect(screen.getByText(desk.state.held_by_them)).toBeInTheDocument();
});

it('keeps hold shut while the connection is lost, but not the end of the call', async () => {
  const { phone, start, tell } = show();
  start();
  tell(() => phone.ring('102', 'Tom', ''));
  await userEvent.keyboard('{Enter}');
  tell(() => phone.tell({ kind: 'lost' }));
  const hold = screen.getByRole('button', { name: desk.hold });
  expect(hold).toHaveAttribute('title', desk.hold_needs_connection);
  await userEvent.click(hold);
  expect(phone.log.at(-1)).toBe('answer');
  await userEvent.click(screen.getByRole('button', { name: desk.end }));
  expect(phone.log.at(-1)).toBe('hang up');
});
