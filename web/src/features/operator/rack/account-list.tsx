import { Download } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import type { GatewayAccount } from '../../../api/types';
import { Button } from '../../../ui/button';
import { CopyField } from '../../../ui/copy-field';
import { Note } from '../../../ui/state';

/** SIP accounts of a gateway, shown this once. Sixteen passwords are better taken along as a file. */
export function AccountList({ accounts }: { accounts: GatewayAccount[] }) {
  const { t } = useTranslation('operator');
  const [first] = accounts;
  if (!first) return <p className="text-ink-2">{t('rack.no_accounts')}</p>;
  return (
    <div className="flex flex-col gap-4">
      <Note tone="warn" title={t('rack.once')}>
        {t('rack.once_note')}
      </Note>
      <div className="grid grid-cols-2 gap-3 max-sm:grid-cols-1">
        <CopyField label={t('rack.registrar')} value={first.registrar} />
        <CopyField label={t('rack.domain')} value={first.domain} />
      </div>
      {accounts.length === 1 ? (
        <div className="grid grid-cols-2 gap-3 max-sm:grid-cols-1">
          <CopyField label={t('about.username')} value={first.username} />
          <CopyField label={t('rack.password')} value={first.password} secret />
        </div>
      ) : (
        <div className="relative max-h-96 overflow-auto rounded-lg border border-line">
          <table className="w-full text-13 max-sm:block">
            <thead className="max-sm:sr-only">
              <tr className="text-left text-12 text-ink-3">
                <th className="h-8 border-b border-line px-3 font-medium">{t('rack.port')}</th>
                <th className="border-b border-line px-3 font-medium">{t('about.username')}</th>
                <th className="border-b border-line px-3 font-medium">{t('rack.password')}</th>
              </tr>
            </thead>
            <tbody className="max-sm:block">
              {accounts.map((one) => (
                <tr key={one.username} className="border-line not-last:border-b max-sm:block max-sm:py-2">
                  <th scope="row" className="px-3 text-left font-medium whitespace-nowrap max-sm:block">
                    {one.label}
                  </th>
                  <td className="px-3 py-1.5 max-sm:block max-sm:py-0.5">
                    <CopyField plain label={t('rack.user_of', { port: one.label })} value={one.username} />
                  </td>
                  <td className="px-3 py-1.5 max-sm:block max-sm:py-0.5">
                    <CopyField plain secret label={t('rack.password_of', { port: one.label })} value={one.password} />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      <Button className="self-start" onClick={() => save(accounts)}>
        <Download aria-hidden className="size-4" />
        {t('rack.download')}
      </Button>
    </div>
  );
}

/** The accounts as a file, made in the page: nothing is asked of the server again. */
function save(accounts: GatewayAccount[]): void {
  const url = URL.createObjectURL(new Blob([asCsv(accounts)], { type: 'text/csv' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = 'gateway-accounts.csv';
  link.click();
  URL.revokeObjectURL(url);
}

export function asCsv(accounts: readonly GatewayAccount[]): string {
  const cell = (text: string) => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  const rows = accounts.map((one) => [one.label, one.username, one.password, one.registrar, one.domain]);
  return [['gateway_port', 'username', 'password', 'registrar', 'domain'], ...rows]
    .map((row) => row.map(cell).join(','))
    .join('\r\n');
}
