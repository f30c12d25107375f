import { ChevronRight } from 'lucide-react';
import { useId } from 'react';
import { useTranslation } from 'react-i18next';
import { useMe } from '../../hooks';
import { ErrorState } from '../../ui/state';
import { kindGroups, takes, toggled } from './kinds';
import { useEventTypes } from './queries';

/** Which events an endpoint wants: a box for all of a kind of thing, and one for each type. */
export function KindPicker(props: {
  value: readonly string[];
  onChange: (kinds: string[]) => void;
  error?: string | undefined;
}) {
  const { t } = useTranslation('webhooks');
  const me = useMe();
  const id = useId();
  const types = useEventTypes();
  if (types.error) return <ErrorState error={types.error} onRetry={() => void types.refetch()} />;
  const mine = (types.data ?? []).filter((one) => me.permissions.includes(one.permission));
  const groups = kindGroups(mine);
  const all = groups.flatMap(([, kinds]) => kinds);
  const change = (kinds: string[], on: boolean) => props.onChange(toggled(props.value, groups, kinds, on));
  const chosen = all.filter((kind) => takes(props.value, kind)).length;
  return (
    <fieldset className="flex min-w-0 flex-col gap-2" aria-describedby={props.error ? `${id}-error` : undefined}>
      <legend className="text-13 font-medium">{t('form.kinds')}</legend>
      <div className="mt-1 rounded-lg border border-line">
        <Row
          label={t('form.all_kinds')}
          checked={all.length > 0 && chosen === all.length}
          some={chosen > 0 && chosen < all.length}
          onChange={(on) => change(all, on)}
        />
        {groups.map(([stem, kinds]) => {
          const count = kinds.filter((kind) => takes(props.value, kind)).length;
          return (
            <details key={stem} className="group border-t border-line">
              <summary className="flex min-h-9 cursor-pointer list-none items-center gap-2 px-3 text-13 hover:bg-hover">
                <ChevronRight
                  aria-hidden
                  className="size-4 shrink-0 text-ink-3 transition-transform group-open:rotate-90"
                />
                <span className="grow">{t(`things.${stem}`, { defaultValue: stem })}</span>
                <span className="text-12 text-ink-3">{t('form.of', { count, all: kinds.length })}</span>
              </summary>
              <Row
                deep
                label={t('form.all_of', { stem })}
                checked={count === kinds.length}
                some={count > 0 && count < kinds.length}
                onChange={(on) => change(kinds, on)}
              />
              {kinds.map((kind) => (
                <Row
                  key={kind}
                  deep
                  label={kind}
                  code
                  title={mine.find((one) => one.kind === kind)?.about}
                  checked={takes(props.value, kind)}
                  onChange={(on) => change([kind], on)}
                />
              ))}
            </details>
          );
        })}
      </div>
      {props.error && (
        <p id={`${id}-error`} role="alert" className="text-12 text-bad">
          {props.error}
        </p>
      )}
    </fieldset>
  );
}

function Row(props: {
  label: string;
  title?: string | undefined;
  checked: boolean;
  some?: boolean;
  deep?: boolean;
  code?: boolean;
  onChange: (on: boolean) => void;
}) {
  return (
    <label className={`flex min-h-9 items-center gap-2.5 px-3 text-13 ${props.deep ? 'pl-9' : ''}`} title={props.title}>
      <input
        type="checkbox"
        className="tick"
        checked={props.checked}
        ref={(box) => {
          if (box) box.indeterminate = props.some ?? false;
        }}
        onChange={(event) => props.onChange(event.target.checked)}
      />
      {props.code ? <code>{props.label}</code> : props.label}
    </label>
  );
}
