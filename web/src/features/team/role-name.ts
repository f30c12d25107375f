import { useTranslation } from 'react-i18next';
import type { CompanyRole, Role } from '../../api/types';

/** The name of a role: built-in ones in the reader's language, the company's own as it is called. */
export function useRoleName(): (role: Pick<CompanyRole, 'built_in' | 'name'>) => string {
  const { t } = useTranslation();
  return (role) => (role.built_in ? t(`common:roles.${role.name as Role}`) : role.name);
}

/** The same of somebody who has one. */
export function useRoleOf(): (person: { role: Role; custom_role?: { name: string } | null }) => string {
  const { t } = useTranslation();
  return (person) => person.custom_role?.name ?? t(`common:roles.${person.role}`);
}
