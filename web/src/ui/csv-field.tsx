/** A file of comma-separated text to read in, with a template to begin from. */
import { useState } from 'react';
import { Field } from './field';

export function CsvField(props: {
  label: string;
  hint: string;
  /** In bytes; a larger file is refused with these words. */
  largest: number;
  tooLarge: string;
  template: { file: string; text: string; label: string };
  /** `null`: the former choice no longer holds. */
  onChoose: (file: File | null) => void;
}) {
  const { template } = props;
  const [large, setLarge] = useState(false);
  const choose = (chosen: File | undefined) => {
    const over = chosen !== undefined && chosen.size > props.largest;
    setLarge(over);
    props.onChoose(over ? null : (chosen ?? null));
  };
  return (
    <>
      <Field label={props.label} hint={props.hint} error={large ? props.tooLarge : null}>
        {(wiring) => (
          <input
            {...wiring}
            type="file"
            accept=".csv,text/csv"
            className="text-13 file:mr-3 file:h-8 file:rounded-md file:border file:border-line-strong file:bg-panel file:px-3 file:text-13"
            onChange={(event) => choose(event.target.files?.[0])}
          />
        )}
      </Field>
      <a
        className="self-start text-13 font-medium text-brand underline"
        download={template.file}
        href={`data:text/csv;charset=utf-8,${encodeURIComponent(template.text)}`}
      >
        {template.label}
      </a>
    </>
  );
}
