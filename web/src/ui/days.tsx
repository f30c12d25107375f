/** From one day to another, as filters of lists: days are the reader's. */
import { Field, Input } from './field';

/** From the first moment of one day to the last of the other, as the server takes them; what is no day is left out. */
export function daysBetween(from: string | undefined, to: string | undefined): { since?: string; until?: string } {
  const day = (text: string | undefined, plus: number): string | null => {
    const at = text ? new Date(`${text}T00:00:00`) : null;
    if (!at || Number.isNaN(at.getTime())) return null;
    at.setDate(at.getDate() + plus);
    return at.toISOString();
  };
  const [since, until] = [day(from, 0), day(to, 1)];
  return { ...(since ? { since } : {}), ...(until ? { until } : {}) };
}

export function DayField(props: {
  label: string;
  value: string | undefined;
  onChange: (day: string) => void;
  className?: string;
}) {
  return (
    <Field label={props.label} className={props.className ?? 'w-40'}>
      {(wiring) => (
        <Input
          {...wiring}
          type="date"
          value={props.value ?? ''}
          onChange={(event) => props.onChange(event.target.value)}
        />
      )}
    </Field>
  );
}
