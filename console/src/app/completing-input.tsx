import { TextInput, type TextInputProps } from '@mantine/core';
import { useId } from 'react';

type Props = Omit<TextInputProps, 'list' | 'onChange' | 'value'> & {
  value: string;
  /** What may be meant; anything else can be typed as well. */
  choices: readonly string[];
  onChange: (value: string) => void;
};

/** A field that offers to complete what is typed by the browser's own list, which keys, screen readers and phones know. */
export function CompletingInput({ choices, onChange, ...rest }: Props) {
  const list = useId();
  return (
    <>
      <TextInput {...rest} list={list} onChange={(event) => onChange(event.currentTarget.value)} />
      <datalist id={list}>
        {[...new Set(choices)].map((choice) => (
          <option key={choice} value={choice} />
        ))}
      </datalist>
    </>
  );
}
