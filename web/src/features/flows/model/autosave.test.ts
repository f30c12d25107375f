import { describe, expect, it } from 'vitest';
import { due, isDirty, opened, type SavingEvent, saving } from './autosave';
import { type Graph, readGraph } from './graph';

const draft = (zone: string): Graph => readGraph({ zone, nodes: { start: { kind: 'start' } } });
const [first, second, third, foreign] = ['UTC', 'Asia/Tokyo', 'Asia/Seoul', 'Europe/Rome'].map(draft) as [
  Graph,
  Graph,
  Graph,
  Graph,
];
const having = (...events: SavingEvent[]) => events.reduce(saving, opened(first, 1));
const theirs = { graph: foreign, revision: 7, by: 'Ann', at: null };

describe('autosave', () => {
  it('sends the newest draft and no second while one is on its way', () => {
    expect(due(having(), first)).toBe(null);
    expect(due(having(), second)).toBe(second);
    expect(due(having({ is: 'sent', graph: second }), third)).toBe(null);
    const stored = having({ is: 'sent', graph: second }, { is: 'stored', revision: 2 });
    expect([stored.saved, stored.revision, due(stored, third)]).toEqual([second, 2, third]);
    expect(isDirty(stored, second)).toBe(false);
    expect(isDirty(stored, third)).toBe(true);
  });

  it('stands still when somebody else stored a draft, until one of both is chosen', () => {
    const refused = having({ is: 'sent', graph: second }, { is: 'refused', theirs });
    expect(due(refused, third)).toBe(null);
    const mine = saving(refused, { is: 'keep_mine' });
    expect([mine.revision, due(mine, third)]).toEqual([7, third]);
    const taken = saving(refused, { is: 'take_theirs' });
    expect([taken.saved, due(taken, foreign)]).toEqual([foreign, null]);
  });

  it('does not repeat what failed by itself, and does on a change or when told', () => {
    const failed = having({ is: 'sent', graph: second }, { is: 'failed' });
    expect(due(failed, second)).toBe(null);
    expect(due(failed, third)).toBe(third);
    expect(due(saving(failed, { is: 'again' }), second)).toBe(second);
  });
});
