/** Pages below the rail, and deeds, for whoever keeps both hands on the keyboard. */
import { CornerDownRight, Languages, LogOut, Plus, SunMoon } from 'lucide-react';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { session } from '../api/session';
import { can, type Deed } from '../can';
import { useMe } from '../hooks';
import { chooseLanguage } from '../i18n';
import { LANGUAGES } from '../i18n/languages';
import { paths } from '../paths';
import { THEMES } from './preferences';
import { chooseTheme } from './theme';

export type Entry = { key: string; label: string; note?: string; icon: ReactNode; go: () => void };

type Way = { key: string; needs?: Deed; to: string; search?: Record<string, string>; makes?: boolean };

/** Every page that the rail does not name, and what is begun from elsewhere. Texts: `palette.ways`. */
const WAYS: readonly Way[] = [
  { key: 'seats', needs: 'seats:read', to: paths.team, search: { tab: 'seats' } },
  { key: 'invitations', needs: 'invitations:write', to: paths.team, search: { tab: 'invitations' } },
  { key: 'departments', needs: 'departments:read', to: paths.team, search: { tab: 'departments' } },
  { key: 'roles', needs: 'roles:read', to: paths.team, search: { tab: 'roles' } },
  { key: 'causes', needs: 'calls:read', to: paths.callCauses },
  { key: 'api_keys', needs: 'api_keys:read', to: paths.apiKeys },
  { key: 'webhooks', needs: 'webhooks:read', to: paths.webhooks },
  { key: 'events', needs: 'events:read', to: paths.events },
  { key: 'reference', needs: 'api_keys:read', to: paths.reference },
  { key: 'company', to: paths.settings, search: { tab: 'company' } },
  { key: 'security', to: paths.settings, search: { tab: 'security' } },
  { key: 'invite', needs: 'invitations:write', to: paths.team, search: { do: 'invite' }, makes: true },
  { key: 'add_seat', needs: 'seats:write', to: paths.team, search: { tab: 'seats', do: 'add' }, makes: true },
  { key: 'get_number', needs: 'numbers:write', to: paths.numbers, search: { shop: '1' }, makes: true },
];

export function useDeeds(go: (to: string, search?: Record<string, string>) => void, close: () => void): Entry[] {
  const { t } = useTranslation();
  const me = useMe();
  const then = (deed: () => void) => () => {
    close();
    deed();
  };
  return [
    ...WAYS.filter((way) => !way.needs || can(me, way.needs)).map((way) => ({
      key: `way-${way.key}`,
      label: t(`palette.ways.${way.key}`),
      icon: way.makes ? <Plus aria-hidden /> : <CornerDownRight aria-hidden />,
      go: () => go(way.to, way.search ?? {}),
    })),
    ...THEMES.map((theme) => ({
      key: `theme-${theme}`,
      label: t('palette.theme', { theme: t(`theme.${theme}`) }),
      icon: <SunMoon aria-hidden />,
      go: then(() => chooseTheme(theme)),
    })),
    ...LANGUAGES.map((one) => ({
      key: `language-${one.code}`,
      label: t('palette.language', { language: one.name }),
      icon: <Languages aria-hidden />,
      go: then(() => void chooseLanguage(one.code)),
    })),
    {
      key: 'sign-out',
      label: t('sign_out'),
      icon: <LogOut aria-hidden />,
      go: then(() => void session.signOut()),
    },
  ];
}
