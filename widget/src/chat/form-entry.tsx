import type { FormContent, FormField, RatingContent } from '@parley/sdk/protocol.ts';
import { useId } from 'preact/hooks';
import { useScope } from './chat-context.ts';

// Preact's types want each kind of input written out; to us they differ in this one attribute only.
const inputTypes = { text: 'text', email: 'email', phone: 'tel', number: 'number', date: 'date' } as const;

/** A short form: to be filled in while it is open, and what was filled in afterwards. */
export function FormEntry({ content, open }: { content: FormContent; open: boolean }) {
  const { send, words, focusComposer } = useScope();
  const { title, fields, values } = content;

  function submit(event: SubmitEvent): void {
    event.preventDefault();
    const entries = [...new FormData(event.currentTarget as HTMLFormElement)];
    const filled = entries.filter(
      (entry): entry is [string, string] => typeof entry[1] === 'string' && entry[1] !== '',
    );
    if (send({ type: 'form', title, fields, values: Object.fromEntries(filled) })) focusComposer();
  }
  if (values !== undefined || !open) {
    return (
      <>
        <p class="text strong" dir="auto">
          {title}
        </p>
        {fields.map(({ name, label }) =>
          values?.[name] === undefined ? null : (
            <p class="text" dir="auto" key={name}>
              {label}: {values[name]}
            </p>
          ),
        )}
      </>
    );
  }
  return (
    <form class="form" onSubmit={submit}>
      <p class="text strong" dir="auto">
        {title}
      </p>
      {fields.map((field) => (
        <Field key={field.name} field={field} />
      ))}
      <button type="submit" class="choice">
        {words.submit}
      </button>
    </form>
  );
}

function Field({ field }: { field: FormField }) {
  const { words } = useScope();
  const id = useId();
  const { name, label, kind, required = false, options = [] } = field;
  return (
    <>
      <label for={id} dir="auto">
        {label}
        {required ? ' *' : ''}
      </label>
      {kind === 'select' ? (
        <select id={id} name={name} required={required}>
          <option value="">{words.pleaseChoose}</option>
          {options.map((option) => (
            <option key={option}>{option}</option>
          ))}
        </select>
      ) : (
        <input id={id} name={name} required={required} dir="auto" maxLength={2_000} type={inputTypes[kind] as 'text'} />
      )}
    </>
  );
}

/** One tap to rate. Of two scores one says no and the other yes. */
export function RatingEntry({ content, open }: { content: RatingContent; open: boolean }) {
  const { send, words, focusComposer } = useScope();
  const { scale, question = words.rate, score } = content;
  const isYesOrNo = scale === 2;
  const name = (value: number) => (isYesOrNo ? (value === 2 ? words.yes : words.no) : words.rated(value, scale));
  if (score !== undefined) return <p class="text">{name(score)}</p>;
  function rate(value: number): void {
    if (send({ type: 'rating', scale, question, score: value })) focusComposer();
  }
  const scores = Array.from({ length: scale }, (_, index) => (isYesOrNo ? 2 - index : index + 1));
  return (
    <>
      <p class="text" dir="auto">
        {question}
      </p>
      {open && (
        <fieldset class="rating" aria-label={question}>
          {scores.map((value) => (
            <button type="button" class="choice" key={value} aria-label={name(value)} onClick={() => rate(value)}>
              {isYesOrNo ? name(value) : value}
            </button>
          ))}
        </fieldset>
      )}
    </>
  );
}
