import { useForm } from 'react-hook-form';
import { useTranslation } from 'react-i18next';
import type { Gateway } from '../../../api/types';
import { useProblemText } from '../../../i18n/problems';
import { Button } from '../../../ui/button';
import { TextField } from '../../../ui/field';
import { Sheet } from '../../../ui/overlay';
import { Note } from '../../../ui/state';
import { toast } from '../../../ui/toast';
import { useChangeGateway } from '../queries';
import { portNumber } from '../rack/rules';

type Form = { label: string; host: string; udp_port: string; max_calls: string; calls_per_second: string };

/** A limit as typed; nothing is none, which the server writes 0. */
const limit = (text: string) => Number(text.replace(/\D/g, '')) || 0;

export function EditGateway({ gateway, onClose }: { gateway: Gateway | null; onClose: () => void }) {
  const { t } = useTranslation('operator');
  return (
    <Sheet open={gateway !== null} onClose={onClose} title={t('deeds.edit')} note={gateway?.label}>
      {gateway && <Edit gateway={gateway} onClose={onClose} />}
    </Sheet>
  );
}

function Edit({ gateway, onClose }: { gateway: Gateway; onClose: () => void }) {
  const { t } = useTranslation('operator');
  const say = useProblemText();
  const change = useChangeGateway();
  const form = useForm<Form>({
    defaultValues: {
      label: gateway.label,
      host: gateway.host ?? '',
      udp_port: String(gateway.udp_port ?? ''),
      max_calls: String(gateway.max_calls ?? ''),
      calls_per_second: String(gateway.calls_per_second ?? ''),
    },
  });
  const addressed = gateway.connection !== 'registers_with_us';
  return (
    <form
      className="flex flex-col gap-4"
      onSubmit={form.handleSubmit((body) => {
        const udp_port = portNumber(body.udp_port);
        change.mutate(
          {
            id: gateway.id,
            label: body.label.trim(),
            max_calls: limit(body.max_calls),
            calls_per_second: limit(body.calls_per_second),
            ...(addressed ? { host: body.host.trim(), ...(udp_port ? { udp_port } : {}) } : {}),
          },
          {
            onSuccess: () => {
              toast(t('common:saved'));
              onClose();
            },
          },
        );
      })}
    >
      <TextField
        label={t('rack.label')}
        error={form.formState.errors.label && t('needed')}
        {...form.register('label', { validate: (text) => text.trim() !== '' })}
      />
      {addressed && (
        <>
          <TextField label={t('rack.host')} {...form.register('host')} />
          <TextField
            label={t('rack.udp_port')}
            inputMode="numeric"
            className="num w-32"
            {...form.register('udp_port')}
          />
        </>
      )}
      <TextField
        label={t('box_limits.max_calls')}
        hint={t('box_limits.none')}
        inputMode="numeric"
        className="num w-32"
        {...form.register('max_calls')}
      />
      <TextField
        label={t('box_limits.per_second')}
        hint={t('box_limits.none')}
        inputMode="numeric"
        className="num w-32"
        {...form.register('calls_per_second')}
      />
      {change.isError && <Note tone="bad" title={say(change.error)} />}
      <Button type="submit" look="primary" className="self-start" busy={change.isPending}>
        {t('common:save')}
      </Button>
    </form>
  );
}
