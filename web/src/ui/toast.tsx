/** Short words about things done, with a way back where there is one. What needs an answer stays on the page instead. */
import { Toast as Base } from '@base-ui/react/toast';
import { Check, X } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { buttonClass } from './button';

const manager = Base.createToastManager();

/** Says that something was done; `undo` adds a button. */
export function toast(title: string, undo?: { label: string; onUndo: () => void }): void {
  manager.add({
    title,
    timeout: undo ? 8000 : 4000,
    ...(undo ? { actionProps: { children: undo.label, onClick: undo.onUndo } } : {}),
  });
}

export function Toaster() {
  return (
    <Base.Provider toastManager={manager} limit={3}>
      <Base.Portal>
        <Base.Viewport className="fixed right-4 bottom-4 z-70 flex w-[calc(100vw-32px)] max-w-[400px] flex-col items-end gap-2 max-md:bottom-20">
          <List />
        </Base.Viewport>
      </Base.Portal>
    </Base.Provider>
  );
}

function List() {
  const { t } = useTranslation();
  const { toasts } = Base.useToastManager();
  return toasts.map((one) => (
    <Base.Root
      key={one.id}
      toast={one}
      className="w-full rounded-md border border-line bg-panel shadow-float transition-opacity data-ending-style:opacity-0 data-starting-style:opacity-0"
    >
      <Base.Content className="flex min-h-11 items-center gap-3 py-2 pr-2 pl-4 text-13">
        <Check aria-hidden className="size-4 shrink-0 text-ok" />
        <Base.Title className="min-w-0 grow" />
        <Base.Action className={buttonClass({ look: 'quiet', size: 'xs' })} />
        {/* In sight and reached by keys, so it is not hidden from readers; the library hides it until the stack is opened. */}
        <Base.Close
          aria-hidden={false}
          aria-label={t('close')}
          className={buttonClass({ look: 'ghost', size: 'xs', icon: true })}
        >
          <X aria-hidden className="size-3.5" />
        </Base.Close>
      </Base.Content>
    </Base.Root>
  ));
}
