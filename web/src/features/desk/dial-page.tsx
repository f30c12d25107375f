/** `/dial?number=`: where telephone links of other pages and programs lead. The desk asks once, then it calls. */
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { useMe } from '../../hooks';
import { paths } from '../../paths';
import { usePhone } from '../../softphone/context';
import { may } from '../../softphone/machine';
import { Confirm } from '../../ui/overlay';
import { useDisplayed } from './idle';
import { dialString, readable } from './numbers';
import { DeskPage } from './page';

/** What a link means: `tel:+1-415-555-0132;ext=7`, or what stands behind `tel:`. Null when nobody can be called so. */
export function linkedNumber(text: string, country: string): string | null {
  const [number = ''] = text.trim().replace(/^tel:/i, '').split(';');
  return dialString(number, country);
}

export function DialPage() {
  const { t } = useTranslation('desk');
  const me = useMe();
  const navigate = useNavigate();
  const { state, phone } = usePhone();
  const displayed = useDisplayed();
  const { number: asked = '' } = useSearch({ strict: false }) as { number?: string };
  const number = linkedNumber(asked, me.company.country);
  const close = () => void navigate({ to: paths.desk, replace: true });
  const ready = may.dial(state);
  return (
    <>
      <DeskPage />
      <Confirm
        open={me.seat !== null}
        gentle
        onClose={close}
        onConfirm={() => {
          if (!number || !ready) return;
          void phone?.dial(number, { displayed: displayed.chosen });
          close();
        }}
        title={t('link.title')}
        action={t('call_button')}
        busy={number !== null && !ready && state.call === null}
        error={number === null ? t('number_wrong') : state.call ? t('link.talking') : null}
      >
        <p className="num text-20 font-semibold text-ink">{number ? readable(number) : asked}</p>
        <p className="mt-1">
          {displayed.chosen ? t('link.shows', { number: readable(displayed.chosen) }) : t('link.note')}
        </p>
      </Confirm>
    </>
  );
}
