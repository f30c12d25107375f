import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Invitation, Role } from '../../api/types';
import { can } from '../../can';
import { useMe } from '../../hooks';
import { useProblemText } from '../../i18n/problems';
import { Button } from '../../ui/button';
import { CopyField } from '../../ui/copy-field';
import { Field, inputClass } from '../../ui/field';
import { Select } from '../../ui/select';
import { Note } from '../../ui/state';
import { toast } from '../../ui/toast';
import { DepartmentField, NOWHERE } from './department-field';
import { useDepartments, useRoles, useTeams } from './organisation-queries';
import { useInvite } from './queries';
import { addresses, ROLES, rolesToGive } from './rules';

/** Invites one or several people; links are shown where no mail goes out. */
export function InviteForm({ onDone }: { onDone?: () => void }) {
  const { t } = useTranslation(['team', 'organisation']);
  const say = useProblemText();
  const me = useMe();
  const invite = useInvite();
  const [text, setText] = useState('');
  const [role, setRole] = useState<string>('agent');
  const departments = useDepartments(can(me, 'departments:read'));
  const home = departments.data?.find((one) => one.in_reach)?.id;
  const [picked, setDepartment] = useState<string | null>(null);
  // Who does not see the whole company invites into a department of theirs.
  const department = picked ?? (me.scope === 'all' ? NOWHERE : (home ?? NOWHERE));
  const [teams, setTeams] = useState<readonly string[]>([]);
  const allTeams = useTeams(can(me, 'departments:read'));
  const inReach = (allTeams.data ?? []).filter((one) => one.in_reach);
  const roles = useRoles(can(me, 'roles:read'));
  const own = (roles.data ?? []).filter((one) => !one.built_in && one.in_reach);
  const given = roles.data
    ? ROLES.filter((value) => roles.data.some((one) => one.id === value && one.in_reach))
    : rolesToGive(me.role);
  const chosen = own.find((one) => one.id === role);
  const [key] = useState(() => crypto.randomUUID());
  const [made, setMade] = useState<Invitation[]>([]);
  const [failed, setFailed] = useState<{ email: string; why: string }[]>([]);
  const wanted = addresses(text);

  const send = async () => {
    const done: Invitation[] = [];
    const refused: { email: string; why: string }[] = [];
    for (const email of wanted) {
      try {
        done.push(
          await invite.mutateAsync({
            email,
            ...(chosen ? { role: 'agent' as const, custom_role: chosen.id } : { role: role as Role }),
            ...(department === NOWHERE ? {} : { department }),
            ...(teams.length > 0 ? { teams: [...teams] } : {}),
            key: `${key}-${email}-${role}-${department}-${teams.join()}`,
          }),
        );
      } catch (why) {
        refused.push({ email, why: say(why) });
      }
    }
    setMade((before) => [...done, ...before]);
    setFailed(refused);
    setText(refused.map((one) => one.email).join('\n'));
    if (done.length > 0) toast(t('invite.sent', { count: done.length }));
    if (refused.length === 0 && done.every((one) => !one.link)) onDone?.();
  };

  return (
    <form
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        if (wanted.length > 0 && !invite.isPending) void send();
      }}
    >
      <Field label={t('invite.emails')} hint={t('invite.emails_hint')}>
        {(wiring) => (
          <textarea
            {...wiring}
            rows={3}
            value={text}
            onChange={(event) => setText(event.target.value)}
            placeholder="mei@example.com"
            className={`${inputClass} h-auto min-h-20 py-2`}
          />
        )}
      </Field>
      <Field
        label={t('invite.role')}
        hint={chosen ? t('role_note.own', { count: chosen.permissions.length }) : t(`role_note.${role as Role}`)}
      >
        {(wiring) => (
          <Select
            {...wiring}
            value={role}
            onChange={setRole}
            options={[
              ...given.map((value) => ({ value: value as string, label: t(`common:roles.${value}`) })),
              ...own.map((one) => ({ value: one.id, label: one.name })),
            ]}
          />
        )}
      </Field>
      {(departments.data?.length ?? 0) > 0 && (
        <DepartmentField
          label={t('organisation:member.department')}
          hint={t('organisation:member.department_hint')}
          nowhere={t('people.no_department')}
          value={department}
          onChange={setDepartment}
          departments={departments.data ?? []}
        />
      )}
      {inReach.length > 0 && (
        <fieldset className="flex min-w-0 flex-col">
          <legend className="mb-1.5 text-13 font-medium">{t('invite.teams')}</legend>
          <div className="max-h-48 overflow-y-auto rounded-lg border border-line px-3 py-1">
            {inReach.map((one) => (
              <label key={one.id} className="flex min-h-8 items-center gap-2.5 text-13">
                <input
                  type="checkbox"
                  className="tick"
                  checked={teams.includes(one.id)}
                  onChange={() =>
                    setTeams(teams.includes(one.id) ? teams.filter((id) => id !== one.id) : [...teams, one.id])
                  }
                />
                <span className="min-w-0 truncate">{one.name}</span>
              </label>
            ))}
          </div>
        </fieldset>
      )}
      {failed.map((one) => (
        <Note key={one.email} tone="bad" title={one.email}>
          {one.why}
        </Note>
      ))}
      <Button
        type="submit"
        look="primary"
        className="self-start"
        busy={invite.isPending}
        reason={wanted.length === 0 && t('invite.type_first')}
      >
        {t('invite.action', { count: Math.max(1, wanted.length) })}
      </Button>
      {made.some((one) => one.link) && (
        <div className="flex flex-col gap-3 border-t border-line pt-4">
          <p className="text-13 text-ink-2">{t('invite.links_note')}</p>
          {made.map((one) => one.link && <CopyField key={one.id} label={one.email} value={one.link} />)}
        </div>
      )}
    </form>
  );
}
