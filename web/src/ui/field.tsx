import { CircleAlert, Search } from 'lucide-react';
import { type ComponentProps, type ReactNode, useId, useState } from 'react';
import { cx } from './cx';

export const inputClass =
  'h-9 w-full min-w-0 rounded-md border border-line-strong bg-panel px-3 text-14 text-ink transition-colors hover:border-ink-3 aria-invalid:border-bad disabled:bg-panel-2 disabled:text-ink-3';

export function Input({ className, ...rest }: ComponentProps<'input'>) {
  return <input {...rest} className={cx(inputClass, className)} />;
}

/** Looks for something while one types. */
export function SearchField({
  label,
  value,
  onChange,
  className,
  ...rest
}: {
  label: string;
  value: string;
  onChange: (text: string) => void;
  /** Of the place it takes. */
  className?: string;
} & Pick<ComponentProps<'input'>, 'inputMode'>) {
  // What is typed stands at once, even where the value comes back late, by way of the page's address.
  const [typed, setTyped] = useState<string | null>(null);
  return (
    <div className={cx('relative', className ?? 'w-72 max-w-full')}>
      <Search aria-hidden className="absolute top-1/2 left-2.5 size-3.5 -translate-y-1/2 text-ink-3" />
      <Input
        {...rest}
        type="search"
        aria-label={label}
        placeholder={label}
        value={typed ?? value}
        onChange={(event) => {
          setTyped(event.target.value);
          onChange(event.target.value);
        }}
        onBlur={() => setTyped(null)}
        className="h-8 pl-8 text-13"
      />
    </div>
  );
}

type Wiring = { id: string; 'aria-describedby': string | undefined; 'aria-invalid': boolean | undefined };

/** A label, its control, a hint and an error, tied together for every reader. */
export function Field(props: {
  label: string;
  hint?: ReactNode;
  error?: string | null | undefined;
  /** Beside the label, right. */
  aside?: ReactNode;
  className?: string;
  children: (wiring: Wiring) => ReactNode;
}) {
  const id = useId();
  const note = props.error ? `${id}-error` : props.hint ? `${id}-hint` : undefined;
  return (
    <div className={cx('flex min-w-0 flex-col gap-1.5', props.className)}>
      <div className="flex items-baseline gap-2">
        <label htmlFor={id} className="grow text-13 font-medium">
          {props.label}
        </label>
        {props.aside}
      </div>
      {props.children({ id, 'aria-describedby': note, 'aria-invalid': props.error ? true : undefined })}
      {props.error ? (
        <p id={`${id}-error`} className="flex items-start gap-1 text-12 text-bad">
          <CircleAlert aria-hidden className="mt-px size-3.5 shrink-0" />
          {props.error}
        </p>
      ) : (
        props.hint && (
          <p id={`${id}-hint`} className="text-12 text-ink-3">
            {props.hint}
          </p>
        )
      )}
    </div>
  );
}

type TextFieldProps = Omit<ComponentProps<'input'>, 'id'> & {
  label: string;
  hint?: ReactNode;
  error?: string | null | undefined;
  aside?: ReactNode;
  fieldClass?: string;
};

/** The common case: one line of text. */
export function TextField({ label, hint, error, aside, fieldClass, ...input }: TextFieldProps) {
  return (
    <Field label={label} hint={hint} error={error} aside={aside} {...(fieldClass ? { className: fieldClass } : {})}>
      {(wiring) => <Input {...wiring} {...input} />}
    </Field>
  );
}
