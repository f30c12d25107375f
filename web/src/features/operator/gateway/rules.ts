/** Number rules and prices as they are typed. Pure. */
import type { Money, Schemas } from '../../../api/types';

type Habit = Schemas['NumberHabit'];

/** A price of a minute as typed: empty is "not known" (-1), what is no price is null. */
export function costMicros(text: string): number | null {
  const plain = text.trim().replace(',', '.');
  if (plain === '') return -1;
  if (!/^\d{1,4}(\.\d{1,6})?$/.test(plain)) return null;
  return Math.round(Number(plain) * 1_000_000);
}

/** A price back into the field. */
export function costText(cost: Money | null | undefined): string {
  return cost ? String(cost.micros / 1_000_000) : '';
}

/** Habits that say something; an empty row is none. */
export function spoken(habits: Habit[]): Habit[] {
  return habits.filter((one) => one.starts !== '' || one.prepend !== '' || (one.strip ?? 0) > 0);
}

/** The list with one habit changed. */
export function changed(habits: Habit[], at: number, change: Partial<Habit>): Habit[] {
  return habits.map((one, index) => (index === at ? { ...one, ...change } : one));
}
