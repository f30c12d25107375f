import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Schemas } from '../../../api/types';
import { micros, written } from '../../../i18n/amount';
import { useProblemText } from '../../../i18n/problems';
import { usePrices } from '../../../prices';
import { Button } from '../../../ui/button';
import { Field, TextField } from '../../../ui/field';
import { Dialog } from '../../../ui/overlay';
import { Fact, Facts } from '../../../ui/page';
import { Select } from '../../../ui/select';
import { ErrorState, Note, Skeleton } from '../../../ui/state';
import { toast } from '../../../ui/toast';
import { useAccount, useBookPayment, useSetAccount } from '../prices/queries';
import { exact } from '../prices/words';

type Account = Schemas['BillingAccount'];
const KINDS = ['payment', 'refund', 'credit'] as const;

/** What was agreed with a company, what it has, and money booked by hand. Nothing where nothing is sold. */
export function AccountSection({ tenant }: { tenant: string }) {
  return usePrices() ? <Section tenant={tenant} /> : null;
}

function Section({ tenant }: { tenant: string }) {
  const { t } = useTranslation('prices');
  const found = useAccount(tenant);
  const [open, setOpen] = useState<'account' | 'payment' | null>(null);
  const account = found.data;
  const none = account === null;
  return (
    <section className="flex flex-col gap-2">
      <h3 className="text-14 font-semibold">{t('account.title')}</h3>
      {found.isError && <ErrorState error={found.error} onRetry={() => void found.refetch()} />}
      {found.isPending && <Skeleton className="h-16" />}
      {none && <p className="text-13 text-ink-2">{t('account.none')}</p>}
      {account && (
        <Facts>
          <Fact name={t('account.balance')}>{exact(account.balance_micros, account.currency)}</Fact>
          <Fact name={t('account.reserved')}>{exact(account.reserved_micros, account.currency)}</Fact>
          <Fact name={t('account.credit_limit')}>{exact(account.credit_limit_micros, account.currency)}</Fact>
          <Fact name={t('catalogue.plan')}>{account.plan?.name ?? t('account.no_plan')}</Fact>
        </Facts>
      )}
      {(none || account) && (
        <div className="flex flex-wrap gap-2">
          <Button size="sm" onClick={() => setOpen('account')}>
            {t(account ? 'account.change' : 'account.open')}
          </Button>
          {account && (
            <Button size="sm" onClick={() => setOpen('payment')}>
              {t('payment.action')}
            </Button>
          )}
        </div>
      )}
      {open === 'account' && <AccountForm tenant={tenant} account={account ?? null} onClose={() => setOpen(null)} />}
      {open === 'payment' && account && <PaymentForm tenant={tenant} account={account} onClose={() => setOpen(null)} />}
    </section>
  );
}

type FormProps = { tenant: string; onClose: () => void };

function AccountForm({ tenant, account, onClose }: FormProps & { account: Account | null }) {
  const { t } = useTranslation('prices');
  const say = useProblemText();
  const set = useSetAccount(tenant);
  const [currency, setCurrency] = useState(account?.currency ?? 'USD');
  const [limit, setLimit] = useState(account ? written(account.credit_limit_micros) : '0');
  const [plan, setPlan] = useState(account?.plan?.key ?? '');
  const [discount, setDiscount] = useState(String((account?.discount_bp ?? 0) / 100));
  const [tax, setTax] = useState(String((account?.tax_bp ?? 0) / 100));
  const credit = micros(limit);
  const share = (text: string) => (/^\d{1,3}([.,]\d{1,2})?$/.test(text.trim()) ? (micros(text) ?? 0) / 10_000 : null);
  const [off, taxed] = [share(discount), share(tax)];
  const fine = /^[A-Z]{3}$/.test(currency) && credit !== null && off !== null && taxed !== null;
  return (
    <Dialog
      open
      onClose={onClose}
      title={t(account ? 'account.change' : 'account.open')}
      note={account ? undefined : t('account.open_note')}
      foot={
        <Button
          look="primary"
          busy={set.isPending}
          reason={!fine && t('catalogue.fill')}
          onClick={() =>
            set.mutate(
              {
                currency,
                credit_limit_micros: credit ?? 0,
                ...(plan.trim() ? { plan: plan.trim() } : {}),
                discount_bp: off ?? 0,
                tax_bp: taxed ?? 0,
              },
              {
                onSuccess: () => {
                  toast(t('common:saved'));
                  onClose();
                },
              },
            )
          }
        >
          {t('common:save')}
        </Button>
      }
    >
      <div className="flex flex-col gap-4">
        <TextField
          label={t('currency')}
          hint={t('account.currency_hint')}
          maxLength={3}
          disabled={account !== null}
          value={currency}
          onChange={(e) => setCurrency(e.target.value.toUpperCase())}
        />
        <TextField
          label={t('account.credit_limit')}
          hint={t('account.credit_hint')}
          inputMode="decimal"
          error={credit === null ? t('catalogue.no_amount') : null}
          value={limit}
          onChange={(e) => setLimit(e.target.value)}
        />
        <TextField
          label={t('account.plan_key')}
          hint={t('common:optional')}
          maxLength={40}
          value={plan}
          onChange={(e) => setPlan(e.target.value)}
        />
        <div className="grid grid-cols-2 gap-4">
          <TextField
            label={t('account.discount')}
            inputMode="decimal"
            value={discount}
            onChange={(e) => setDiscount(e.target.value)}
          />
          <TextField
            label={t('account.tax')}
            inputMode="decimal"
            value={tax}
            onChange={(e) => setTax(e.target.value)}
          />
        </div>
        {set.isError && <Note tone="bad" title={say(set.error)} />}
      </div>
    </Dialog>
  );
}

function PaymentForm({ tenant, account, onClose }: FormProps & { account: Account }) {
  const { t } = useTranslation('prices');
  const say = useProblemText();
  const book = useBookPayment(tenant);
  const [key] = useState(() => crypto.randomUUID());
  const [kind, setKind] = useState<(typeof KINDS)[number]>('payment');
  const [amount, setAmount] = useState('');
  const [reference, setReference] = useState('');
  const [reason, setReason] = useState('');
  const value = micros(amount);
  const fine = value !== null && value > 0 && reference.trim() !== '' && reason.trim().length >= 3;
  return (
    <Dialog
      open
      onClose={onClose}
      title={t('payment.title')}
      note={t('payment.note')}
      foot={
        <Button
          look="primary"
          busy={book.isPending}
          reason={!fine && t('catalogue.fill')}
          onClick={() =>
            book.mutate(
              { key, kind, amount_micros: value ?? 0, reference: reference.trim(), reason: reason.trim() },
              {
                onSuccess: () => {
                  toast(t('payment.booked'));
                  onClose();
                },
              },
            )
          }
        >
          {t('payment.action')}
        </Button>
      }
    >
      <div className="flex flex-col gap-4">
        <Field label={t('payment.kind')}>
          {(wiring) => (
            <Select
              {...wiring}
              value={kind}
              onChange={setKind}
              options={KINDS.map((one) => ({ value: one, label: t(`payment.kinds.${one}`) }))}
            />
          )}
        </Field>
        <TextField
          label={t('payment.amount', { currency: account.currency })}
          inputMode="decimal"
          error={amount && value === null ? t('catalogue.no_amount') : null}
          value={amount}
          onChange={(e) => setAmount(e.target.value)}
        />
        <TextField
          label={t('payment.reference')}
          hint={t('payment.reference_hint')}
          maxLength={100}
          value={reference}
          onChange={(e) => setReference(e.target.value)}
        />
        <TextField
          label={t('payment.reason')}
          hint={t('payment.reason_hint')}
          maxLength={300}
          value={reason}
          onChange={(e) => setReason(e.target.value)}
        />
        {book.isError && <Note tone="bad" title={say(book.error)} />}
      </div>
    </Dialog>
  );
}
