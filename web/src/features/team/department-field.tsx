import type { Department } from '../../api/types';
import { useMe } from '../../hooks';
import { Field } from '../../ui/field';
import { Select } from '../../ui/select';
import { inOrder } from './tree';

/** In no department; in the tree of departments itself, at its top. */
export const NOWHERE = 'none';

/** A department of those in reach, shown as the tree that they are. Out of all of them only by who sees the whole company. */
export function DepartmentField(props: {
  label: string;
  hint: string;
  /** What it is called to be in none. */
  nowhere: string;
  value: string;
  onChange: (department: string) => void;
  departments: readonly Department[];
  /** Those that may not be chosen. */
  without?: ReadonlySet<string>;
}) {
  const me = useMe();
  const places = inOrder(props.departments).filter(
    ({ department: { id, in_reach } }) => !props.without?.has(id) && (in_reach || id === props.value),
  );
  const nowhere = me.scope === 'all' || props.value === NOWHERE ? [{ value: NOWHERE, label: props.nowhere }] : [];
  return (
    <Field label={props.label} hint={props.hint}>
      {(wiring) => (
        <Select
          {...wiring}
          value={props.value}
          onChange={props.onChange}
          options={[
            ...nowhere,
            ...places.map(({ department, depth }) => ({
              value: department.id,
              label: `${'\u2003'.repeat(depth)}${department.name}`,
            })),
          ]}
        />
      )}
    </Field>
  );
}
