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
import { SearchField, TextField } from './field';
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

describe('SearchField', () => {
  it('keeps what is typed though its value comes back late or never', async () => {
    const heard = vi.fn();
    render(<SearchField label="Find" value="" onChange={heard} />);
    const field = screen.getByRole('searchbox', { name: 'Find' });
    await userEvent.type(field, 'moor');
    expect(field).toHaveValue('moor');
    expect(heard.mock.calls.map(([text]) => text)).toEqual(['m', 'mo', 'moo', 'moor']);
    await userEvent.tab();
    expect(field).toHaveValue('');
  });
});

describe('DataTable with rows to tick', () => {
  const rows = [
    { id: 'a', name: 'Zoe' },
    { id: 'b', name: 'Abe' },
  ];
  const columns = [
    {
      key: 'name',
      head: 'Name',
      names: true,
      sort: (row: (typeof rows)[number]) => row.name,
      cell: (row: (typeof rows)[number]) => row.name,
    },
  ];
  it('sorts by a press on its head, and ticks one or all', async () => {
    const [sorts, picks] = [vi.fn(), vi.fn()];
    const show = (sort: string | null, picked: ReadonlySet<string>) => (
      <DataTable
        label="People"
        columns={columns}
        rows={rows}
        rowKey={(row) => row.id}
        nameOf={(row) => row.name}
        empty="Nobody"
        sort={sort}
        onSort={sorts}
        picked={picked}
        onPick={picks}
      />
    );
    const { rerender } = render(show(null, new Set()));
    await userEvent.click(screen.getByRole('button', { name: 'Name' }));
    expect(sorts).toHaveBeenLastCalledWith('name');
    rerender(show('name', new Set(['a'])));
    expect(screen.getByRole('columnheader', { name: 'Name' })).toHaveAttribute('aria-sort', 'ascending');
    expect(screen.getAllByRole('rowheader').map((cell) => cell.textContent)).toEqual(['Abe', 'Zoe']);
    expect(screen.getByRole('checkbox', { name: 'Tick Zoe' })).toBeChecked();
    await userEvent.click(screen.getByRole('checkbox', { name: 'Tick Abe' }));
    expect(Array.from(picks.mock.lastCall?.[0] ?? []).sort()).toEqual(['a', 'b']);
    await userEvent.click(screen.getByRole('checkbox', { name: 'Tick all' }));
    expect(Array.from(picks.mock.lastCall?.[0] ?? []).sort()).toEqual(['a', 'b']);
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
