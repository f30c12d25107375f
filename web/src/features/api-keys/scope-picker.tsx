import { useId } from 'react';
import { useTranslation } from 'react-i18next';
import { document } from '../../api/document';
import { useMe } from '../../hooks';
import { usePrices } from '../../prices';
import { Button } from '../../ui/button';
import { type ScopeGroup, scopeGroups, scopesOf, VERBS } from './scopes';

const KEYS: ScopeGroup[] = scopeGroups(document);

/** What a key or a role may do: a row per resource, a box per deed. What one may not do oneself cannot be given. */
export function ScopePicker({
  groups: all = KEYS,
  ...props
}: {
  groups?: ScopeGroup[];
  title?: string;
  value: readonly string[];
  onChange: (scopes: string[]) => void;
  error?: string | undefined;
  disabled?: boolean;
}) {
  const { t } = useTranslation('api-keys');
  const me = useMe();
  const prices = usePrices();
  // Where nothing is sold there is nothing to be billed.
  const groups = all.filter((group) => prices || group.resource !== 'billing');
  const id = useId();
  const held = (code: string) => me.permissions.includes(code) || props.value.includes(code);
  const toggle = (code: string) =>
    props.onChange(props.value.includes(code) ? props.value.filter((one) => one !== code) : [...props.value, code]);
  return (
    <fieldset className="flex min-w-0 flex-col gap-2" aria-describedby={props.error ? `${id}-error` : undefined}>
      <legend className="text-13 font-medium">{props.title ?? t('scopes.title')}</legend>
      <div className="mt-1 flex flex-wrap items-center gap-2">
        <span className="mr-auto text-12 text-ink-3">{t('scopes.count', { count: props.value.length })}</span>
        {(
          [
            ['reading', scopesOf(groups, me.permissions, 'read')],
            ['all', scopesOf(groups, me.permissions)],
            ['none', []],
          ] as const
        ).map(([name, scopes]) => (
          <Button
            key={name}
            size="xs"
            look="quiet"
            disabled={props.disabled}
            onClick={() => props.onChange([...scopes])}
          >
            {t(`scopes.${name}`)}
          </Button>
        ))}
      </div>
      <table className="w-full border-collapse rounded-lg border border-line text-13">
        <thead>
          <tr className="text-12 text-ink-3">
            <th scope="col" className="h-8 px-3 text-left font-medium">
              {t('scopes.resource')}
            </th>
            {VERBS.map((verb) => (
              <th key={verb} scope="col" className="w-16 px-1 text-center font-medium">
                {t(`scopes.verb.${verb}`)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {groups.map((group) => (
            <tr key={group.resource} className="border-t border-line">
              <th scope="row" className="h-9 px-3 text-left font-normal">
                <ResourceName code={group.resource} />
              </th>
              {VERBS.map((verb) => {
                const scope = group.scopes.find((one) => one.verb === verb);
                return (
                  <td key={verb} className="text-center">
                    {scope && (
                      <label
                        className="inline-grid size-8 place-items-center"
                        title={held(scope.code) ? scope.opens.join('\n') : t('scopes.not_yours')}
                      >
                        <span className="sr-only">{scope.code}</span>
                        <input
                          type="checkbox"
                          className="tick"
                          checked={props.value.includes(scope.code)}
                          disabled={props.disabled || !held(scope.code)}
                          onChange={() => toggle(scope.code)}
                        />
                      </label>
                    )}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
      {props.error && (
        <p id={`${id}-error`} role="alert" className="text-12 text-bad">
          {props.error}
        </p>
      )}
    </fieldset>
  );
}

/** A resource in words, or its code while it has none. */
export function ResourceName({ code }: { code: string }) {
  const { t, i18n } = useTranslation('api-keys');
  const known = i18n.exists(`resources.${code}`, { ns: 'api-keys' });
  return (
    <span>
      {known ? t(`resources.${code}`) : code}{' '}
      {known && <code className="text-12 text-ink-3 max-md:hidden">{code}</code>}
    </span>
  );
}
