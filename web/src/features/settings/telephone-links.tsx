import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Card } from '../../ui/page';
import { Switch } from '../../ui/switch';

const KEPT = 'patchbay.tel-links';
type Registry = Navigator & { unregisterProtocolHandler?: (scheme: string, url: string) => void };

/** Whether this browser hands telephone links of any page to the desk. The browser asks the person itself, once. */
export function TelephoneLinks() {
  const { t } = useTranslation('settings');
  const [on, setOn] = useState(() => localStorage.getItem(KEPT) === 'on');
  const registry: Registry = navigator;
  const can = typeof registry.registerProtocolHandler === 'function';
  const change = (wanted: boolean) => {
    const url = `${location.origin}/dial?number=%s`;
    if (wanted) registry.registerProtocolHandler('tel', url);
    else registry.unregisterProtocolHandler?.('tel', url);
    localStorage.setItem(KEPT, wanted ? 'on' : 'off');
    setOn(wanted);
  };
  return (
    <Card title={t('links.title')}>
      <div className="flex flex-col gap-2 p-4">
        <Switch label={t('links.switch')} checked={on && can} disabled={!can} onChange={change} />
        <p className="text-13 text-ink-2">{t(can ? 'links.note' : 'links.impossible')}</p>
      </div>
    </Card>
  );
}
