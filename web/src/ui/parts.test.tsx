import { render, screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import i18next from 'i18next';
import { initReactI18next } from 'react-i18next';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { Problem } from '../api/problem';
import common from '../locales/en/common.json';
import problems from '../locales/en/problems.json';
import { initials } from './badge';
import { Button } from './button';
import { HangingCord } from './cord';
import { TextField } from './field';
import { Confirm, matches } from './overlay';
import { DataTable } from './table';

beforeAll(() =>
  i18next
    .use(initReactI18next)
    .init({ lng: 'en', ns: ['common', 'problems'], defaultNS: 'common', resources: { en: { common, problems } } }),
);

describe('Button', () => {
  it('stays reachable with a reason but does nothing', async () => {
    const press = vi.fn();
    render(
      <Button reason="Pick a number first" onClick={press}>
        Take
      </Button>,
    );
    const button = screen.getByRole('button', { name: 'Take' });
    await userEvent.click(button);
    expect(press).not.toHaveBeenCalled();
    expect(button).toHaveAttribute('title', 'Pick a number first');
    expect(button).toHaveAttribute('aria-disabled', 'true');
  });

  it('takes one press while busy', async () => {
    const press = vi.fn();
    render(
      <Button busy onClick={press}>
        Save
      </Button>,
    );
    await userEvent.click(screen.getByRole('button'));
    expect(press).not.toHaveBeenCalled();
  });
});

it('ties a field to its error', () => {
  render(<TextField label="E-mail" error="Needed" />);
  const input = screen.getByLabelText('E-mail');
  expect(input).toBeInvalid();
  expect(input).toHaveAccessibleDescription('Needed');
});

describe('Confirm', () => {
  it('opens only to the typed word, in any writing of a number', async () => {
    const go = vi.fn();
    render(
      <Confirm
        open
        onClose={() => undefined}
        onConfirm={go}
        title="Give back?"
        action="Give back"
        typed={{ word: '+14155550142', label: 'Type it' }}
      >
        Gone for good.
      </Confirm>,
    );
    const button = screen.getByRole('button', { name: 'Give back' });
    expect(button).toBeDisabled();
    await userEvent.type(screen.getByLabelText('Type it'), '1 415 555 0143');
    expect(button).toBeDisabled();
    await userEvent.clear(screen.getByLabelText('Type it'));
    await userEvent.type(screen.getByLabelText('Type it'), '1 415 555 0142');
    await userEvent.click(button);
    expect(go).toHaveBeenCalledTimes(1);
  });

  it('does not take nothing for something', () => {
    expect(matches('', '')).toBe(false);
    expect(matches(' - ', '+')).toBe(false);
  });
});

describe('DataTable', () => {
  type Row = { id: string; name: string };
  const columns = [{ key: 'name', head: 'Name', cell: (row: Row) => row.name, names: true }];
  const table = (props: Partial<Parameters<typeof DataTable<Row>>[0]>) => (
    <DataTable
      label="People"
      columns={columns}
      rows={undefined}
      rowKey={(row) => row.id}
      empty={<p>Nobody</p>}
      {...props}
    />
  );

  it('shows its real header while it loads', () => {
    render(table({}));
    expect(screen.getByRole('columnheader', { name: 'Name' })).toBeInTheDocument();
    expect(screen.queryByText('Nobody')).not.toBeInTheDocument();
  });

  it('says what failed and tries again', async () => {
    const retry = vi.fn();
    render(table({ error: new Problem('unavailable', 503, ''), onRetry: retry }));
    expect(within(screen.getByRole('alert')).getByText(problems.unavailable)).toBeInTheDocument();
    await userEvent.click(screen.getByRole('button', { name: common.try_again }));
    expect(retry).toHaveBeenCalled();
  });

  it('keeps old rows on screen when a later try fails', () => {
    render(table({ rows: [{ id: '1', name: 'Elena' }], error: new Problem('offline', 0, '') }));
    expect(screen.getByRole('rowheader', { name: 'Elena' })).toBeInTheDocument();
  });

  it('says so when there is nothing', () => {
    render(table({ rows: [] }));
    expect(screen.getByText('Nobody')).toBeInTheDocument();
  });
});

it('draws the ten states of a cord apart', () => {
  const states = [
    'talking',
    'ringing',
    'waiting',
    'held',
    'muted',
    'listening',
    'three',
    'reconnecting',
    'wrap_up',
    'failed',
  ] as const;
  const drawn = states.map((state) => {
    const { container, unmount } = render(<HangingCord state={state} label={state} />);
    const html = container.innerHTML.replaceAll(state, '');
    unmount();
    return html;
  });
  expect(new Set(drawn).size).toBe(states.length);
});

it('shortens names', () => {
  expect(['Elena Marsh', '陈宇', 'jo@site.example', ''].map(initials)).toEqual(['EM', '陈宇', 'J', '?']);
});
