/** Somebody else stored another draft while this one was open: whose is it to be. */
import { useTranslation } from 'react-i18next';
import { ago } from '../../i18n/format';
import { Button } from '../../ui/button';
import { Dialog } from '../../ui/overlay';
import { Difference } from './difference';
import type { Theirs } from './model/autosave';
import type { Graph } from './model/graph';

export function Conflict(props: { theirs: Theirs | null; mine: Graph; onMine: () => void; onTheirs: () => void }) {
  const { t } = useTranslation('flow-steps');
  const { theirs } = props;
  return (
    <Dialog
      open={theirs !== null}
      wide
      // It must be answered: to close it would leave a draft that is stored nowhere.
      onClose={() => undefined}
      title={t('conflict.title')}
      note={theirs?.by ? t('conflict.by', { name: theirs.by }) : t('conflict.somebody')}
      foot={
        <>
          <Button onClick={props.onTheirs}>{t('conflict.theirs')}</Button>
          <Button look="primary" onClick={props.onMine}>
            {t('conflict.mine')}
          </Button>
        </>
      }
    >
      {theirs && (
        <div className="flex flex-col gap-3">
          {theirs.at && <p className="text-13 text-ink-2">{t('conflict.when', { ago: ago(theirs.at, Date.now()) })}</p>}
          <h3 className="text-13 font-semibold">{t('conflict.difference')}</h3>
          <Difference from={theirs.graph} to={props.mine} />
        </div>
      )}
    </Dialog>
  );
}
