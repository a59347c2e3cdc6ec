import type { FoundEntity } from '../../ports.ts';
import { readText } from '../read-text.ts';
import { isEdge } from '../value-pattern.ts';
import type { Slot, SlotForm, SlotState, SlotValue, Worded } from './slot-form.ts';
import { type Candidate, candidatesFor, isValid, type Said } from './slot-value.ts';
import { endsWithNot, isCancelling, isCorrecting, isTheOther } from './slot-words.ts';

export interface SlotStep {
  readonly state: SlotState;
  /** `ask`: for `slot`, with `prompt`. `invalid`: the same, after a value that is not valid. `gave-up`: for a person. */
  readonly kind: 'ask' | 'complete' | 'invalid' | 'cancelled' | 'gave-up';
  readonly slot?: string;
  readonly prompt?: string;
  /** What may be answered, where the slot has choices. */
  readonly choices?: readonly string[];
}

/** What the customer says to a form. */
export interface SlotInput {
  readonly text: string;
  readonly entities: readonly FoundEntity[];
  /** Epoch milliseconds. */
  readonly now: number;
  /** In which `today` and `now` of bounds are read; UTC where it is not known. */
  readonly timeZone?: string;
  /** In which the next question is asked; by the script of the text where it is not known. */
  readonly language?: string;
}

/** A form of which nothing is known yet. */
export function startSlots(_form: SlotForm): SlotState {
  return { values: {}, asked: null, order: [], tries: {}, said: {} };
}

/**
 * Takes what a text says into a form: the answer to the question, values of other slots too, also before they are asked for,
 * corrections ("I meant Tuesday", 不是，我说的是昨天那个) and the wish to stop. Pure: the same is answered to the same.
 */
export function fillSlots(form: SlotForm, state: SlotState, input: SlotInput): SlotStep {
  if (isCancelling(input.text, form.cancelWords)) return { state, kind: 'cancelled' };
  const said: Said = { text: input.text, entities: input.entities, now: input.now, timeZone: input.timeZone ?? 'UTC' };
  const language = input.language ?? (/\p{Script=Han}/u.test(input.text) ? 'zh-CN' : 'en');
  const read = readTurn(form, state, said);
  const filled = { ...state, values: read.values, order: read.order, said: read.remembered };
  const invalid = read.invalid === undefined ? undefined : form.slots.find(({ name }) => name === read.invalid);
  const next = invalid ?? form.slots.find((slot) => slot.required && read.values[slot.name] === undefined);
  if (next === undefined) return { state: { ...filled, asked: null }, kind: 'complete' };
  const isMissed = state.asked === next.name && !read.progressed;
  const tries = (state.tries[next.name] ?? 0) + (isMissed || invalid !== undefined ? 1 : 0);
  const after = { ...filled, asked: next.name, tries: { ...state.tries, [next.name]: tries } };
  if (tries >= form.maxTries) return { state: after, kind: 'gave-up', slot: next.name };
  return { state: after, ...question(next, invalid !== undefined, language) };
}

interface Turn {
  readonly values: Readonly<Record<string, SlotValue>>;
  readonly order: readonly string[];
  readonly remembered: SlotState['said'];
  /** A slot for which a value was said that is not valid, and nothing else. */
  readonly invalid: string | undefined;
  /** Something was filled or taken back. */
  readonly progressed: boolean;
}

function readTurn(form: SlotForm, state: SlotState, said: Said): Turn {
  const values: Record<string, SlotValue> = { ...state.values };
  const remembered: Record<string, readonly SlotValue[]> = { ...state.said };
  let order = state.order;
  const taken: Candidate[] = [];
  let invalid: string | undefined;
  let progressed = false;
  const { folded } = readText(said.text);
  const isCorrection = isCorrecting(folded);

  function put(slot: Slot, candidate: SlotValue): void {
    const { value, unit, text } = candidate;
    values[slot.name] = { value, text, ...(unit === undefined ? {} : { unit }) };
    order = [...order.filter((name) => name !== slot.name), slot.name];
    progressed = true;
  }

  function remember(slot: Slot, candidates: readonly Candidate[]): void {
    const before = remembered[slot.name] ?? [];
    const added = candidates.filter(({ value }) => !before.some((known) => known.value === value));
    const plain = added.map(({ value, unit, text }) => ({ value, text, ...(unit === undefined ? {} : { unit }) }));
    remembered[slot.name] = [...before, ...plain].slice(-saidKept);
  }

  for (const slot of inTurn(form, state, folded, isCorrection)) {
    const isOpen = values[slot.name] === undefined;
    if (!isOpen && !isCorrection) continue;
    // "Sorry, I meant Wednesday" is no answer to "why?", though any text would be one.
    if (slot.type === 'text' && isCorrection && correctsAnother(form, state, said)) continue;
    const isAsked = state.asked === slot.name;
    const found = candidatesFor(slot, said, isAsked && isOpen).filter(
      (one) => !taken.some((other) => overlaps(one, other)),
    );
    const meant = withoutNegated(found, said.text);
    remember(
      slot,
      found.filter((candidate) => isValid(slot, candidate, said)),
    );
    const fitting = meant.filter((candidate) => isValid(slot, candidate, said));
    const best = fitting.find(({ value }) => value !== values[slot.name]?.value) ?? fitting[0];
    if (best !== undefined) {
      // Said once more: there is nothing to take back.
      if (!isOpen && best.value === values[slot.name]?.value) progressed = true;
      else put(slot, best);
      taken.push(best);
    } else if (meant.length > 0 && (isAsked || isOpen)) invalid ??= slot.name;
  }

  if (isCorrection && !progressed) {
    const slot = meantByOther(form, state, folded);
    if (slot !== undefined) {
      const current = values[slot.name];
      const others = (isTheOther(folded) ? alternatives(slot, remembered) : []).filter(
        ({ value }) => value !== current?.value,
      );
      const [only] = others;
      if (only !== undefined && others.length === 1) put(slot, only);
      else {
        delete values[slot.name];
        order = order.filter((name) => name !== slot.name);
        progressed = true;
      }
    }
  }
  return {
    values,
    order,
    remembered,
    invalid: progressed && invalid !== state.asked ? undefined : invalid,
    progressed,
  };
}

const saidKept = 10;

/** Whose turn it is to take a value: the slot asked for, those whose name stands in the text, open ones, corrected ones by latest. */
function inTurn(form: SlotForm, state: SlotState, folded: string, isCorrection: boolean): Slot[] {
  const rank = (slot: Slot): number => {
    const filledAt = state.order.indexOf(slot.name);
    if (isNamed(slot, folded)) return -2_000 - filledAt;
    if (isCorrection && filledAt >= 0) return -1_000 - filledAt;
    return state.asked === slot.name ? -3_000 : 0;
  };
  return form.slots.toSorted((a, b) => rank(a) - rank(b));
}

/** A Latin word as a word: "day" is not named by "Tuesday". */
function isNamed({ words = [] }: Slot, folded: string): boolean {
  return words.some((word) => {
    const at = folded.indexOf(word.toLowerCase());
    return at >= 0 && isEdge(folded, at) && isEdge(folded, at + word.length);
  });
}

const overlaps = (a: Candidate, b: Candidate): boolean => a.start < b.end && b.start < a.end;

/** "not Tuesday, Wednesday": what the customer does not mean is left out, where something else is said. */
function withoutNegated(candidates: readonly Candidate[], text: string): readonly Candidate[] {
  const meant = candidates.filter(({ start }) => !endsWithNot(text.slice(0, start).toLowerCase()));
  return meant.length === 0 && candidates.length > 0 ? [] : meant;
}

/** It tells another value for something that was told before. */
function correctsAnother(form: SlotForm, { values }: SlotState, said: Said): boolean {
  return form.slots.some((slot) => {
    const told = values[slot.name];
    if (told === undefined || slot.type === 'text') return false;
    return withoutNegated(candidatesFor(slot, said, false), said.text).some(({ value }) => value !== told.value);
  });
}

/** The slot that "the other one" and a bare "no, that is wrong" take back: the one that is named, else the one filled last. */
function meantByOther(form: SlotForm, state: SlotState, folded: string): Slot | undefined {
  const filled = form.slots.filter(({ name }) => state.values[name] !== undefined);
  const last = state.order.at(-1);
  return filled.find((slot) => isNamed(slot, folded)) ?? filled.find(({ name }) => name === last);
}

function alternatives(slot: Slot, remembered: SlotState['said']): readonly SlotValue[] {
  const choices = (slot.choices ?? []).map(({ value }) => ({ value, text: value }));
  return choices.length > 0 ? choices : (remembered[slot.name] ?? []);
}

function question(slot: Slot, isInvalid: boolean, language: string): Omit<SlotStep, 'state'> {
  const prompt = worded(slot.prompt, language);
  const why = isInvalid && slot.invalid !== undefined ? worded(slot.invalid, language) : undefined;
  return {
    kind: isInvalid ? 'invalid' : 'ask',
    slot: slot.name,
    prompt: why === undefined ? prompt : `${why} ${prompt}`,
    ...(slot.choices === undefined ? {} : { choices: slot.choices.map(({ value }) => value) }),
  };
}

/** The text in a language, else in one of its family, else in any there is. */
export function worded(texts: Worded, language: string): string {
  const family = language.split('-')[0] as string;
  const near = Object.keys(texts).find((tag) => tag === family || tag.startsWith(`${family}-`));
  return texts[language] ?? (near === undefined ? undefined : texts[near]) ?? Object.values(texts)[0] ?? '';
}
