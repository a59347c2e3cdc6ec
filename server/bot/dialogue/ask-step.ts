import type { AskedSlot, FlowStep } from '@parley/sdk/flow-document.ts';
import { fillSlots, type SlotInput, type SlotStep, startSlots } from '../entities/slots/fill-slots.ts';
import type { SlotForm, SlotState } from '../entities/slots/slot-form.ts';

type AskStep = FlowStep & { kind: 'ask' };
type Slots = Readonly<Record<string, string>>;
type Said = Pick<SlotInput, 'text' | 'entities'>;

/** How an answer stands: all values are known; one is to be asked for, once more where `again`; or it was not told in time. */
export type Asked = { readonly form: SlotState; readonly slots: Slots } & (
  | { readonly kind: 'complete' }
  | { readonly kind: 'gave-up' }
  | { readonly kind: 'ask'; readonly slot: AskedSlot; readonly again: boolean }
);

/** The step begins: what the customer has said before, or just now, is not asked for, but where the step wants it told anew. */
export function beginAsking(step: AskStep, known: Slots, said: Said): Asked {
  const values = step.slots.flatMap(({ name, askAgain }) => {
    const value = askAgain ? undefined : known[name];
    return value === undefined ? [] : [[name, { value, text: value }] as const];
  });
  const begun = {
    ...startSlots(formOf(step)),
    values: Object.fromEntries(values),
    order: values.map(([name]) => name),
  };
  const readAtOnce = formOf(step, ({ askAgain }) => !askAgain);
  const taken = fillSlots(readAtOnce, begun, { ...said, now: 0 });
  // Words that end a form are here what began the flow, or answered what came before.
  const { state } = taken.kind === 'cancelled' ? { state: begun } : taken;
  const slot = step.slots.find(({ name }) => state.values[name] === undefined);
  const form: SlotState = { ...state, asked: slot?.name ?? null, tries: {} };
  const slots = withValues(known, form);
  return slot === undefined ? { kind: 'complete', form, slots } : { kind: 'ask', slot, again: false, form, slots };
}

/** The customer has answered: several values at once, another one than was asked for, or a correction are taken as well. */
export function goOnAsking(step: AskStep, known: Slots, form: SlotState, said: Said): Asked {
  const filled: SlotStep = fillSlots(formOf(step), form, { ...said, now: 0 });
  const slots = withValues(known, filled.state);
  const common = { form: filled.state, slots };
  const slot = step.slots.find(({ name }) => name === filled.slot);
  if (filled.kind === 'complete') return { kind: 'complete', ...common };
  if (filled.kind === 'gave-up' || filled.kind === 'cancelled' || slot === undefined)
    return { kind: 'gave-up', ...common };
  const triesOf = ({ tries }: SlotState) => tries[slot.name] ?? 0;
  return { kind: 'ask', slot, again: triesOf(filled.state) > triesOf(form), ...common };
}

/** Values have no bounds in flows, so that neither the time nor its zone matters. */
function formOf({ slots, tries }: AskStep, wanted: (slot: AskedSlot) => boolean = () => true): SlotForm {
  return {
    maxTries: tries,
    slots: slots
      .filter(wanted)
      .map(({ name, type, question }) => ({ name, type, required: true, prompt: question, words: [name] })),
  };
}

const longest = 500;

function withValues(known: Slots, { values }: SlotState): Slots {
  return {
    ...known,
    ...Object.fromEntries(Object.entries(values).map(([name, { value }]) => [name, value.slice(0, longest)])),
  };
}
