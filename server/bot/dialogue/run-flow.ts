import type { CallConfirmation, Flow, FlowStep } from '@parley/sdk/flow-document.ts';
import { yesOrNo } from '../entities/slots/slot-words.ts';
import type {
  CodeNote,
  CodeRequest,
  CodeResults,
  CodeTyped,
  IdentityOutcome,
  KnownContact,
} from '../identity-check/code-exchange.ts';
import { codeRequest } from '../identity-check/code-request.ts';
import { type IdentityInput, sendCode, typeCode } from '../identity-check/identity-step.ts';
import type { FoundEntity } from '../ports.ts';
import { type Asked, beginAsking, goOnAsking } from './ask-step.ts';
import { type BotTextKey, defaultTexts, filled, type Texts, textIn } from './bot-texts.ts';
import { slotsIn } from './check-flow.ts';
import {
  type AnsweredValue,
  chosenOf,
  type FlowPosition,
  type OfferedChoice,
  type PassedCheck,
} from './dialogue-state.ts';
import { isPlainYes } from './plain-yes.ts';

/** The most steps of one turn: a flow that passed its check needs no more than it has. */
export const mostSteps = 100;

/** A call that a flow asks for. */
export interface FlowCall {
  readonly flowId: string;
  readonly stepId: string;
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly body: string;
  readonly timeoutMs: number;
}
/** The choices of a question before a call. */
const yesId = '-yes-';
const noId = '-no-';

/** What became of it: `body` is what was answered, read as JSON where it is. */
export type CallResult =
  | { readonly kind: 'answered'; readonly status: number; readonly body: unknown }
  | { readonly kind: 'failed'; readonly why: string };

export interface FlowMessage {
  readonly text: string;
  readonly choices: readonly OfferedChoice[];
}

/** How far a flow came with a turn. `steps`: those that it went through. */
export type FlowTurn = {
  readonly messages: readonly FlowMessage[];
  readonly slots: Readonly<Record<string, string>>;
  readonly steps: readonly string[];
  readonly codes: readonly CodeNote[];
  readonly identity?: IdentityOutcome;
} & (
  | { readonly kind: 'waits'; readonly position: FlowPosition }
  | { readonly kind: 'ends' }
  | {
      readonly kind: 'hands-off';
      readonly why: 'flow' | 'not-told' | 'not-proven' | 'tool-failed' | 'flow-broken';
      readonly groupId: string | null;
      readonly stepId: string;
    }
  | { readonly kind: 'calls'; readonly call: FlowCall }
  | { readonly kind: 'sends-code'; readonly request: CodeRequest }
  | { readonly kind: 'types-code'; readonly typed: CodeTyped }
);

/** What a turn is made from: the same gives the same. */
export interface FlowInput {
  readonly flow: Flow;
  /** Where it waits; null: it begins. */
  readonly position: FlowPosition | null;
  readonly text: string;
  readonly entities: readonly FoundEntity[];
  readonly slots: Readonly<Record<string, string>>;
  readonly languages: readonly string[];
  /** What the calls of this turn answered, by step. */
  readonly called: Readonly<Record<string, CallResult>>;
  /** The customer has proved who they are. */
  readonly isProven?: boolean;
  /** What is known of the contact, from elsewhere than this conversation; absent: nothing. */
  readonly contact?: KnownContact;
  /** Which address this conversation's customer has proved to have; null or absent: none. */
  readonly proof?: string | null;
  /** The one-time code in what was typed. */
  readonly code?: string;
  /** By step. */
  readonly codes?: Readonly<Record<string, CodeResults>>;
  /** What the bot says by itself; absent: the usual words, in English. */
  readonly own?: (key: BotTextKey, values?: Readonly<Record<string, string>>) => string;
  /** What the choices before a call are called. */
  readonly yesNo?: { readonly yes: string; readonly no: string };
  /** Says again what was asked, with words before it that say that the answer does not fit. */
  readonly askAgain: (question: string) => string;
}

/**
 * Lets a flow take its turn: from where it waits, or from its beginning, until it waits for the customer, asks for a call,
 * or is over. It does nothing itself; a call's result comes in with the next try, which goes the same way again.
 */
export function runFlow(input: FlowInput): FlowTurn {
  const run = new Run(input);
  return run.turn();
}

class Run {
  readonly #input: FlowInput;
  readonly #steps: ReadonlyMap<string, FlowStep>;
  readonly #messages: FlowMessage[] = [];
  readonly #slots: Record<string, string>;
  readonly #walked: string[] = [];
  readonly #codes: CodeNote[] = [];
  /** What calls of this flow have answered, as far as it is kept: nobody has typed it. */
  readonly #answered: Record<string, AnsweredValue>;
  #identity: IdentityOutcome | undefined;
  /** The address that a step of this flow has checked, and the one that is checked now. */
  #passed: PassedCheck | undefined;
  #proof: string | null;
  #isProven: boolean;

  constructor(input: FlowInput) {
    this.#input = input;
    this.#answered = { ...input.position?.answered };
    this.#passed = input.position?.passed;
    this.#proof = input.proof ?? null;
    this.#isProven = input.isProven === true;
    this.#steps = new Map(input.flow.steps.map((step) => [step.id, step]));
    this.#slots = { ...input.slots };
  }

  turn(): FlowTurn {
    const { position, flow } = this.#input;
    const begun = position === null ? { next: flow.first as string | null } : this.#resume(position);
    if ('kind' in begun) return begun;
    let next = begun.next;
    while (next !== null && this.#walked.length < mostSteps) {
      const step = this.#steps.get(next);
      if (step === undefined) return this.#handOff('flow-broken', next);
      this.#walked.push(step.id);
      const outcome = this.#take(step);
      if ('kind' in outcome) return outcome;
      next = outcome.next;
    }
    return next === null ? this.#end({ kind: 'ends' }) : this.#handOff('flow-broken', next);
  }

  #end<T extends object>(how: T) {
    const identity = this.#identity === undefined ? {} : { identity: this.#identity };
    return {
      ...{ ...how, messages: this.#messages, slots: this.#slots, steps: this.#walked, codes: this.#codes },
      ...identity,
    };
  }

  /** It waits for the customer; what the flow knows by now goes along. */
  #wait(position: Omit<FlowPosition, 'flowId' | 'answered' | 'passed'>): FlowTurn {
    const answered = Object.keys(this.#answered).length === 0 ? {} : { answered: this.#answered };
    const passed = this.#passed === undefined ? {} : { passed: this.#passed };
    const { flow } = this.#input;
    return this.#end({ kind: 'waits' as const, position: { flowId: flow.id, ...position, ...answered, ...passed } });
  }

  #handOff(
    why: 'flow' | 'not-told' | 'not-proven' | 'tool-failed' | 'flow-broken',
    stepId: string,
    groupId: string | null = null,
  ): FlowTurn {
    return this.#end({ kind: 'hands-off' as const, why, groupId, stepId });
  }

  #say(texts: Texts, choices: readonly OfferedChoice[] = [], again = false): void {
    const text = this.#text(texts);
    this.#messages.push({ text: again ? this.#input.askAgain(text) : text, choices });
  }

  #text(texts: Texts): string {
    return filled(textIn(texts, ...this.#input.languages) ?? '', this.#slots);
  }

  /** The customer has answered the step at which it waits. */
  #resume(position: FlowPosition): FlowTurn | { next: string | null } {
    const step = this.#steps.get(position.stepId);
    if (step?.kind === 'ask') return this.#told(step, position);
    if (step?.kind === 'choices') return this.#chosen(step, position);
    if (step?.kind === 'http' && step.confirm != null) return this.#confirmed(step, step.confirm, position);
    if (step?.kind === 'identity' && position.code !== undefined) {
      this.#walked.push(step.id);
      return this.#check(step, position);
    }
    // It was published anew meanwhile, without the step.
    return this.#handOff('flow-broken', position.stepId);
  }

  #told(step: FlowStep & { kind: 'ask' }, { form }: FlowPosition): FlowTurn | { next: string | null } {
    this.#walked.push(step.id);
    // It was asked by another version.
    if (form === undefined) return this.#handOff('flow-broken', step.id);
    return this.#ask(step, goOnAsking(step, this.#slots, form, this.#input));
  }

  #ask(step: FlowStep & { kind: 'ask' }, asked: Asked): FlowTurn | { next: string | null } {
    Object.assign(this.#slots, asked.slots);
    if (asked.kind === 'complete') return { next: step.next };
    if (asked.kind === 'gave-up') return this.#givenUp(step, step.otherwise);
    const { slot, form, again } = asked;
    this.#say(slot.question, [], again);
    const tries = form.tries[slot.name] ?? 0;
    return this.#wait({ stepId: step.id, slot: slot.name, choices: [], tries, form });
  }

  #chosen(step: FlowStep & { kind: 'choices' }, position: FlowPosition): FlowTurn | { next: string | null } {
    this.#walked.push(step.id);
    const chosen = chosenOf(position.choices, this.#input.text);
    const option = step.options.find(({ id }) => id === chosen?.id);
    if (option === undefined) {
      if (position.tries >= 1) return this.#givenUp(step, step.otherwise);
      this.#say(step.texts, position.choices, true);
      return this.#wait({ ...position, tries: position.tries + 1 });
    }
    if (step.slot !== null) this.#slots[step.slot] = option.id;
    return { next: option.next };
  }

  /** Whether it may be called, in the customer's words or by a tap. Whoever says neither is asked once more, and nothing is called. */
  #confirmed(
    step: FlowStep & { kind: 'http' },
    confirm: CallConfirmation,
    position: FlowPosition,
  ): FlowTurn | { next: string | null } {
    const chosen = chosenOf(position.choices, this.#input.text)?.id;
    const said = yesOrNo(this.#input.text);
    this.#walked.push(step.id);
    if (chosen === yesId || (chosen === undefined && isPlainYes(this.#input.text))) return this.#call(step);
    if (chosen === noId || said === 'no') return { next: confirm.declined };
    if (position.tries >= 1) return this.#givenUp(step, step.otherwise);
    this.#say(confirm.texts, position.choices, true);
    return this.#wait({ ...position, tries: position.tries + 1 });
  }

  #givenUp(step: FlowStep, otherwise: string | null): FlowTurn | { next: string | null } {
    return otherwise === null ? this.#handOff('not-told', step.id) : { next: otherwise };
  }

  #take(step: FlowStep): FlowTurn | { next: string | null } {
    switch (step.kind) {
      case 'say':
        this.#say(step.texts);
        return { next: step.next };
      case 'set':
        this.#slots[step.slot] = filled(step.value, this.#slots).slice(0, 500);
        return { next: step.next };
      case 'condition':
        return { next: holds(step, this.#slots[step.slot]) ? step.next : step.otherwise };
      case 'ask':
        return this.#ask(step, beginAsking(step, this.#slots, this.#input));
      case 'choices': {
        const choices = step.options.map(({ id, labels }) => ({ id, label: this.#text(labels) }));
        this.#say(step.texts, choices);
        return this.#wait({ stepId: step.id, slot: null, choices, tries: 0 });
      }
      case 'http':
        return this.#beforeCall(step);
      case 'identity':
        return this.#check(step);
      case 'hand-off':
        return this.#handOff('flow', step.id, step.groupId);
      case 'end':
        return this.#end({ kind: 'ends' as const });
      default:
        return step satisfies never;
    }
  }

  #beforeCall(step: FlowStep & { kind: 'http' }): FlowTurn | { next: string | null } {
    if (step.provenOnly === true && !this.#isPassed())
      return step.otherwise === null ? this.#handOff('not-proven', step.id) : { next: step.otherwise };
    if (step.confirm == null) return this.#call(step);
    const { yes = 'Yes', no = 'No' } = this.#input.yesNo ?? {};
    const choices = [
      { id: yesId, label: yes },
      { id: noId, label: no },
    ];
    this.#say(step.confirm.texts, choices);
    return this.#wait({ stepId: step.id, slot: null, choices, tries: 0 });
  }

  /**
   * An address that is not the contact's own proves what it was looked up by, and nothing else: whoever names another order
   * afterwards has proved nothing of that one.
   */
  #isPassed(): boolean {
    if (this.#isProven) return true;
    if (this.#passed === undefined || this.#passed.proof !== this.#proof) return false;
    return Object.entries(this.#passed.by).every(([name, value]) => (this.#slots[name] ?? '') === value);
  }

  /** The flow comes to a check, or waits at one. */
  #check(step: FlowStep & { kind: 'identity' }, at?: FlowPosition): FlowTurn | { next: string | null } {
    if (this.#isProven) return { next: step.next };
    const { flow, text, code, codes = {}, contact, own } = this.#input;
    const known = { flow, slots: this.#slots, answered: this.#answered, contact };
    const say: IdentityInput['own'] = own ?? ((key, values = {}) => filled(defaultTexts.en?.[key] ?? '', values));
    const input = { text, code, results: codes[step.id] ?? {}, own: say, request: codeRequest(step, known, say) };
    const turn = at?.code === undefined ? sendCode(step, input) : typeCode(step, at, at.code, input);
    this.#messages.push(...turn.messages);
    this.#codes.push(...turn.notes);
    this.#identity = turn.identity ?? this.#identity;
    switch (turn.kind) {
      case 'asks':
        return this.#end({ kind: 'sends-code' as const, request: turn.request });
      case 'types':
        return this.#end({ kind: 'types-code' as const, typed: turn.typed });
      case 'waits': {
        const { choices, tries, code } = turn;
        return this.#wait({ stepId: step.id, slot: null, choices, tries, code });
      }
      case 'passes':
        this.#passed = turn.passed;
        this.#proof = turn.passed.proof;
        this.#isProven ||= turn.isOwn;
        return { next: step.next };
      case 'refuses':
        return turn.next === null ? this.#handOff('not-proven', step.id) : { next: turn.next };
      default:
        return turn satisfies never;
    }
  }

  /** What an address is called with. */
  #valuesIn({ url, body }: FlowStep & { kind: 'http' }): Record<string, string> {
    const names = [...slotsIn(url), ...slotsIn(body)];
    return Object.fromEntries(names.map((name) => [name, this.#slots[name] ?? '']));
  }

  #call(step: FlowStep & { kind: 'http' }): FlowTurn | { next: string | null } {
    const result = Object.hasOwn(this.#input.called, step.id) ? this.#input.called[step.id] : undefined;
    if (result === undefined) {
      const call: FlowCall = {
        flowId: this.#input.flow.id,
        stepId: step.id,
        method: step.method,
        url: encoded(step.url, this.#slots, encodeURIComponent),
        body: encoded(step.body, this.#slots, (value) => JSON.stringify(value).slice(1, -1)),
        timeoutMs: step.timeoutMs,
      };
      return this.#end({ kind: 'calls' as const, call });
    }
    if (result.kind === 'failed' || result.status < 200 || result.status > 299) {
      for (const { slot } of step.keep) delete this.#answered[slot];
      return step.otherwise === null ? this.#handOff('tool-failed', step.id) : { next: step.otherwise };
    }
    for (const { slot, path } of step.keep) {
      const value = at(result.body, path);
      const kept = value?.slice(0, 500);
      if (kept === undefined) {
        delete this.#slots[slot];
        delete this.#answered[slot];
      } else {
        this.#slots[slot] = kept;
        this.#answered[slot] = { value: kept, by: this.#valuesIn(step) };
      }
    }
    return { next: step.next };
  }
}

/** A value must not become part of the address, or of the JSON, in which it stands. */
export function encoded(
  text: string,
  slots: Readonly<Record<string, string>>,
  encode: (value: string) => string,
): string {
  return filled(text, Object.fromEntries(Object.entries(slots).map(([name, value]) => [name, encode(value)])));
}

/** What lies at a path of names and numbers, as text; undefined: nothing, or no single value. */
function at(body: unknown, path: string): string | undefined {
  let value = body;
  for (const key of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<string, unknown>)[key];
  }
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? String(value)
    : undefined;
}

/** What was told before it was asked for has its unit behind it: `50 USD`. NaN where it is no number. */
function numberOf(text: string): number {
  const [number = ''] = text.trim().split(' ', 1);
  return number === '' ? Number.NaN : Number(number);
}

function holds({ is, value }: FlowStep & { kind: 'condition' }, found: string | undefined): boolean {
  const plain = (text: string) => text.normalize('NFKC').trim().toLowerCase();
  switch (is) {
    case 'set':
      return found !== undefined && found !== '';
    case 'not-set':
      return found === undefined || found === '';
    case 'equal':
      return found !== undefined && plain(found) === plain(value);
    case 'not-equal':
      return found === undefined || plain(found) !== plain(value);
    case 'containing':
      return found !== undefined && plain(found).includes(plain(value));
    case 'at-least':
      return found !== undefined && numberOf(found) >= Number(value);
    case 'at-most':
      return found !== undefined && numberOf(found) <= Number(value);
    default:
      return is satisfies never;
  }
}
