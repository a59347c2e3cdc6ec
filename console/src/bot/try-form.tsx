import { Alert, Button, TextInput } from '@mantine/core';
import { type FormEvent, type ReactNode, useState } from 'react';
import { problemText } from '../app/api.ts';
import { Panel } from '../app/page.tsx';
import styles from './try-form.module.css';

/** A text as a customer would write it, and below what a part of the bot makes of it, told to who listens. */
export function TryForm(props: {
  title: string;
  hint?: string;
  label: string;
  submit: string;
  trying: { readonly isPending: boolean; readonly error: Error | null };
  onTry: (text: string) => void;
  children: ReactNode;
}) {
  const { title, hint, label, trying, children } = props;
  const [text, setText] = useState('');
  function submit(event: FormEvent): void {
    event.preventDefault();
    if (text.trim() !== '') props.onTry(text);
  }
  return (
    <Panel title={title} {...(hint === undefined ? {} : { hint })}>
      <form onSubmit={submit} className={styles.form}>
        <TextInput
          aria-label={label}
          placeholder={label}
          maxLength={10_000}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
        />
        <Button type="submit" variant="default" loading={trying.isPending}>
          {props.submit}
        </Button>
      </form>
      <div aria-live="polite">
        {trying.error !== null && (
          <Alert color="red" variant="light" mt="sm" role="alert">
            {problemText(trying.error)}
          </Alert>
        )}
        {children}
      </div>
    </Panel>
  );
}
