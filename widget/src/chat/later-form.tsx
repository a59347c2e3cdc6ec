import { ApiError } from '@parley/sdk/http.ts';
import type { WaitOffer } from '@parley/sdk/protocol.ts';
import type { ComponentChildren } from 'preact';
import { useEffect, useId, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { useScope } from './chat-context.ts';
import type { Words } from './words.ts';

type Field = 'name' | 'email' | 'phone' | 'at' | 'note';
type Refused = { field: Field | undefined; words: string };

const fieldsOf: Readonly<Record<WaitOffer, readonly Field[]>> = {
  'message-form': ['note', 'email', 'phone', 'name'],
  'call-back': ['phone', 'at', 'name', 'note'],
};
const farthestMs = 14 * 24 * 60 * 60_000;

/** Asks for what is needed to call the visitor back, or to answer them later. */
export function LaterForm({ offer, onDone, onCancel }: { offer: WaitOffer; onDone: () => void; onCancel: () => void }) {
  const { session, words, locale } = useScope();
  const form = useRef<HTMLFormElement>(null);
  const [clientId] = useState(() => crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`);
  const [refused, setRefused] = useState<Refused>();
  const [busy, setBusy] = useState(false);
  const [later, setLater] = useState(false);
  const title = useId();
  // Before anything can be typed.
  useLayoutEffect(() => form.current?.querySelector<HTMLElement>('input,textarea')?.focus(), []);
  useEffect(() => {
    if (refused !== undefined) form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
  }, [refused]);

  async function submit(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    if (busy) return;
    setBusy(true);
    setRefused(undefined);
    try {
      const path = offer === 'call-back' ? 'call-back' : 'message';
      const filled = readForm(event.currentTarget as HTMLFormElement, locale);
      await session.api.call('POST', `/api/v1/visitor/wait/${path}`, { ...filled, clientId, locale });
      onDone();
    } catch (error) {
      setRefused(refusalOf(error, words));
      setBusy(false);
    }
  }
  function onKeyDown(event: KeyboardEvent): void {
    if (event.key !== 'Escape' || event.isComposing) return;
    // The form is left, not the chat: not by us, and not by a browser whose way back is the same key.
    event.stopPropagation();
    event.preventDefault();
    onCancel();
  }
  return (
    // Our own words for what is missing: the browser's are in its own language.
    <form class="form later" ref={form} noValidate aria-labelledby={title} onSubmit={submit} onKeyDown={onKeyDown}>
      <h3 id={title}>{words.offers[offer]}</h3>
      {fieldsOf[offer].map((field) => (
        <FormField
          key={field}
          label={labelOf(field, offer, words)}
          error={refused?.field === field ? refused.words : undefined}
        >
          {(of) => <Input field={field} of={of} later={later} onLater={setLater} words={words} />}
        </FormField>
      ))}
      <label class="check">
        <input type="checkbox" name="keepPlace" /> {words.keepPlace}
      </label>
      {refused !== undefined && refused.field === undefined && (
        <p class="failed" role="alert">
          {refused.words}
        </p>
      )}
      <div class="later-buttons">
        <button type="submit" class="choice main" disabled={busy}>
          {words.laterSend[offer]}
        </button>
        <button type="button" class="plain" onClick={onCancel}>
          {words.laterCancel}
        </button>
      </div>
    </form>
  );
}

type Wired = { id: string; 'aria-invalid': boolean; 'aria-describedby': string | undefined };

function FormField(props: { label: string; error: string | undefined; children: (of: Wired) => ComponentChildren }) {
  const id = useId();
  const error = `${id}-error`;
  const isWrong = props.error !== undefined;
  return (
    <>
      <label for={id}>{props.label}</label>
      {props.children({ id, 'aria-invalid': isWrong, 'aria-describedby': isWrong ? error : undefined })}
      {isWrong && (
        <p class="failed" id={error} role="alert">
          {props.error}
        </p>
      )}
    </>
  );
}

function Input({
  field,
  of,
  later,
  onLater,
  words,
}: {
  field: Field;
  of: Wired;
  later: boolean;
  onLater: (later: boolean) => void;
  words: Words;
}) {
  switch (field) {
    case 'note':
      return <textarea {...of} name="note" rows={3} maxLength={4_000} dir="auto" />;
    case 'email':
      return <input {...of} type="email" name="email" autocomplete="email" maxLength={320} />;
    case 'phone':
      return <input {...of} type="tel" name="phone" autocomplete="tel" maxLength={64} />;
    case 'name':
      return <input {...of} type="text" name="name" autocomplete="name" maxLength={200} dir="auto" />;
    case 'at':
      return (
        <>
          <select {...of} name="when" onChange={(event) => onLater(event.currentTarget.value === 'at')}>
            <option value="soon">{words.soon}</option>
            <option value="at">{words.atTime}</option>
          </select>
          {later && (
            <input
              type="datetime-local"
              name="at"
              aria-label={words.atTime}
              aria-invalid={of['aria-invalid']}
              aria-describedby={of['aria-describedby']}
              min={localTime(Date.now())}
              max={localTime(Date.now() + farthestMs)}
            />
          )}
        </>
      );
    default:
      return field satisfies never;
  }
}

function readForm(form: HTMLFormElement, locale: string): Record<string, unknown> {
  const entries = new FormData(form);
  const said = (name: string) => String(entries.get(name) ?? '').trim();
  const at = entries.get('when') === 'at' ? Date.parse(said('at')) : undefined;
  const texts = ['name', 'email', 'phone', 'note'].flatMap((name) => (said(name) === '' ? [] : [[name, said(name)]]));
  return {
    ...Object.fromEntries(texts),
    keepPlace: entries.has('keepPlace'),
    // A time that was not filled in is as wrong as one that has passed.
    ...(at === undefined ? {} : { at: Number.isNaN(at) ? 0 : at }),
    ...(at === undefined || Number.isNaN(at) ? {} : { atText: spokenTime(at, locale) }),
  };
}

function spokenTime(at: number, locale: string): string {
  return new Date(at).toLocaleString(locale, {
    ...({ weekday: 'short', month: 'short', day: 'numeric' } as const),
    ...({ hour: '2-digit', minute: '2-digit', timeZoneName: 'short' } as const),
  });
}

/** As `datetime-local` reads it: the wall's time, to the minute. */
function localTime(at: number): string {
  return new Date(at - new Date(at).getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

function labelOf(field: Field, offer: WaitOffer, words: Words): string {
  const needed = offer === 'call-back' ? field === 'phone' : field === 'note';
  return needed ? `${words.fields[field]} *` : words.fields[field];
}

function refusalOf(error: unknown, words: Words): Refused {
  if (!(error instanceof ApiError) || error.status === 0 || error.status >= 500) {
    return { field: undefined, words: words.laterFailed };
  }
  const field = error.field as Field | undefined;
  if (field !== undefined && Object.hasOwn(words.wrong, field)) return { field, words: words.wrong[field] };
  return { field: undefined, words: error.code === 'conflict' ? words.notOffered : words.laterFailed };
}
