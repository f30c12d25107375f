import { useMembers } from './queries';

/** A box for everybody in sight. */
export function MemberTicks(props: {
  label: string;
  value: readonly string[];
  onChange: (members: readonly string[]) => void;
}) {
  const members = useMembers();
  const toggle = (id: string) =>
    props.onChange(props.value.includes(id) ? props.value.filter((one) => one !== id) : [...props.value, id]);
  return (
    <fieldset className="flex min-w-0 flex-col">
      <legend className="mb-1.5 text-13 font-medium">{props.label}</legend>
      <div className="max-h-72 overflow-y-auto rounded-lg border border-line px-3 py-1">
        {members.data?.map((one) => (
          <label key={one.id} className="flex min-h-8 items-center gap-2.5 text-13">
            <input
              type="checkbox"
              className="tick"
              checked={props.value.includes(one.id)}
              onChange={() => toggle(one.id)}
            />
            <span className="min-w-0 truncate">{one.name}</span>
            <span className="min-w-0 truncate text-12 text-ink-3">{one.email}</span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}
