import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Gateway, GatewayPort, Schemas } from '../../../api/types';
import { useProblemText } from '../../../i18n/problems';
import { Button } from '../../../ui/button';
import { TextField } from '../../../ui/field';
import { MenuItem, MoreMenu } from '../../../ui/menu';
import { Note } from '../../../ui/state';
import { toast } from '../../../ui/toast';
import { useAddLine, useChangeLine, useRemoveLine } from '../queries';

const KIND: Record<Gateway['kind'], Schemas['LineKind']> = {
  analog: 'analog_line',
  trunk: 'digital_trunk',
  wireless: 'sim_line',
  sip: 'sip_trunk',
};

/** The carrier's line that ends in a gateway port. */
export function LineForm({ port, gateway }: { port: GatewayPort; gateway: Gateway }) {
  const { t } = useTranslation('operator');
  const say = useProblemText();
  const add = useAddLine();
  const change = useChangeLine();
  const remove = useRemoveLine();
  const { line } = port;
  const [editing, setEditing] = useState(false);
  const [carrier, setCarrier] = useState(line?.carrier ?? '');
  const [label, setLabel] = useState(line?.label ?? '');
  const failed = add.error ?? change.error ?? remove.error;
  const open = editing || !line;
  const done = (word: string) => ({
    onSuccess: () => {
      setEditing(false);
      toast(word);
    },
  });
  return (
    <section aria-labelledby={`line-${port.id}`} className="flex flex-col gap-2">
      <div className="flex min-h-8 items-center">
        <h3 id={`line-${port.id}`} className="grow text-13 font-semibold">
          {t('line.title')}
        </h3>
        {line && !editing && (
          <MoreMenu label={t('line.more')}>
            <MenuItem onSelect={() => setEditing(true)}>{t('common:edit')}</MenuItem>
            <MenuItem danger onSelect={() => remove.mutate(line.id, done(t('line.removed')))}>
              {t('line.remove')}
            </MenuItem>
          </MoreMenu>
        )}
      </div>
      {line && !editing && (
        <p className="text-13">
          {line.carrier}, <span className="num font-medium">{line.label}</span>
        </p>
      )}
      {open && (
        <form
          className="flex flex-col gap-3"
          onSubmit={(event) => {
            event.preventDefault();
            const body = { carrier: carrier.trim(), label: label.trim() };
            if (!body.carrier || !body.label) return;
            if (line) change.mutate({ id: line.id, ...body }, done(t('common:saved')));
            else add.mutate({ gateway_port: port.id, kind: KIND[gateway.kind], ...body }, done(t('line.added')));
          }}
        >
          {!line && <p className="text-13 text-ink-2">{t('line.none')}</p>}
          <TextField
            label={t('line.carrier')}
            maxLength={60}
            value={carrier}
            onChange={(event) => setCarrier(event.target.value)}
          />
          <TextField
            label={t('line.label')}
            hint={t(`line.label_hint.${gateway.kind}`)}
            maxLength={60}
            value={label}
            onChange={(event) => setLabel(event.target.value)}
          />
          <div className="flex gap-2">
            <Button
              type="submit"
              size="sm"
              busy={add.isPending || change.isPending}
              reason={(!carrier.trim() || !label.trim()) && t('line.fill_both')}
            >
              {line ? t('common:save') : t('line.add')}
            </Button>
            {line && (
              <Button size="sm" look="ghost" onClick={() => setEditing(false)}>
                {t('common:cancel')}
              </Button>
            )}
          </div>
        </form>
      )}
      {failed && <Note tone="bad" title={say(failed)} />}
    </section>
  );
}
