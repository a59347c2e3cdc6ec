import type { FlowStep } from '@parley/sdk/flow-document.ts';
import type { BotTextKey } from '../dialogue/bot-texts.ts';
import {
  chosenOf,
  type FlowPosition,
  type OfferedChoice,
  type PassedCheck,
  type PendingCode,
} from '../dialogue/dialogue-state.ts';
import type { CodeNote, CodeRequest, CodeResults, CodeTyped, IdentityOutcome } from './code-exchange.ts';
import { codeMinutes } from './code-law.ts';
import { asksForAnotherCode } from './code-text.ts';

type IdentityStep = FlowStep & { kind: 'identity' };
type Says = { readonly text: string; readonly choices: readonly OfferedChoice[] };

/** What such a step is made from: the same gives the same. */
export interface IdentityInput {
  readonly text: string;
  /** The code in what was typed. */
  readonly code: string | undefined;
  readonly results: CodeResults;
  readonly own: (key: BotTextKey, values?: Readonly<Record<string, string>>) => string;
  /** To which address a code is to be sent, as things are now. */
  readonly request: CodeRequest;
}

/** What the step says and found out, and how it goes on. */
export type IdentityTurn = {
  readonly messages: readonly Says[];
  readonly notes: readonly CodeNote[];
  readonly identity?: IdentityOutcome;
} & (
  | { readonly kind: 'asks'; readonly request: CodeRequest }
  | { readonly kind: 'types'; readonly typed: CodeTyped }
  | {
      readonly kind: 'waits';
      readonly choices: readonly OfferedChoice[];
      readonly tries: number;
      readonly code: PendingCode;
    }
  /** `isOwn`: it proves who the contact is, and not what something is about alone. */
  | { readonly kind: 'passes'; readonly passed: PassedCheck; readonly isOwn: boolean }
  | { readonly kind: 'refuses'; readonly next: string | null }
);

const anotherCodeId = '-another-code-';
/** So often something else is said while a code is waited for; then that is over. */
const mostOther = 3;
const minutes = String(codeMinutes);
const nothing = { messages: [], notes: [] } as const;

/** The flow comes to the step, or the customer wants another code. */
export function sendCode(step: IdentityStep, input: IdentityInput): IdentityTurn {
  const { results, own, request } = input;
  const { sent } = results;
  if (sent === undefined) return { ...nothing, kind: 'asks', request };
  const { by } = request;
  if (sent.kind === 'checked') return { ...nothing, kind: 'passes', passed: { proof: sent.proof, by }, isOwn: false };
  const { shown } = sent;
  if (sent.kind !== 'sent') return refused(step, sent.kind, { shown, own, isLimit: sent.kind === 'too-many' });
  const { seq, code } = sent;
  const asked = asking(own('codeSent', { address: shown, minutes }), own);
  // A try sends nothing, and shows what would have been sent.
  const tried = code === undefined ? [] : [{ text: own('codeMail', { code, minutes }), choices: [] }];
  return {
    ...{ kind: 'waits', messages: [...tried, asked], notes: [note(step, 'code-sent', shown)] },
    ...{ choices: asked.choices, tries: 0 },
    code: { ...{ seq, shown, by, wrong: 0 }, ...(code === undefined ? {} : { tried: code }) },
  };
}

/** The customer has said something while a code is waited for. */
export function typeCode(
  step: IdentityStep,
  { choices, tries }: Pick<FlowPosition, 'choices' | 'tries'>,
  pending: PendingCode,
  input: IdentityInput,
): IdentityTurn {
  const { text, code, results, own } = input;
  const { seq, shown, wrong, tried, by } = pending;
  if (code === undefined) {
    if (chosenOf(choices, text)?.id === anotherCodeId || asksForAnotherCode(text)) return sendCode(step, input);
    if (tries + 1 >= mostOther) return refused(step, 'too-many', { shown, own });
    const asked = asking(own('codeAwaited', { address: shown }), own);
    return { kind: 'waits', messages: [asked], notes: [], choices: asked.choices, tries: tries + 1, code: pending };
  }
  const { typed: answer } = results;
  if (answer === undefined) {
    const typed = { stepId: step.id, seq, code, wrong, ...(tried === undefined ? {} : { tried }) };
    return { ...nothing, kind: 'types', typed };
  }
  if (answer.kind === 'right') {
    const { proof, isOwn, until } = answer;
    return {
      ...{ kind: 'passes', passed: { proof, by }, isOwn },
      messages: [{ text: own('codeRight'), choices: [] }],
      notes: [note(step, 'code-right', shown)],
      identity: { kind: 'checked', shown: answer.shown, until },
    };
  }
  if (answer.kind !== 'wrong') return refused(step, answer.kind, { shown, own });
  const asked = asking(own('codeWrong', { left: String(answer.left) }), own);
  return {
    ...{ kind: 'waits', messages: [asked], notes: [note(step, 'code-wrong', shown)] },
    ...{ choices: asked.choices, tries: 0, code: { ...pending, wrong: wrong + 1 } },
  };
}

function asking(text: string, own: IdentityInput['own']): Says {
  return { text, choices: [{ id: anotherCodeId, label: own('anotherCode') }] };
}

function note({ id }: FlowStep, outcome: CodeNote['outcome'], shown: string): CodeNote {
  return { stepId: id, outcome, shown };
}

/** Each way to fail has its sentence and leads elsewhere. */
function refused(
  step: IdentityStep,
  why: 'too-many' | 'expired' | 'undelivered',
  { shown, own, isLimit = false }: { shown: string; own: IdentityInput['own']; isLimit?: boolean },
): IdentityTurn {
  const { text, next } = {
    'too-many': { text: own(isLimit ? 'codeLimit' : 'codeTooMany'), next: step.tooMany },
    expired: { text: own('codeExpired'), next: step.expired },
    undelivered: { text: own('codeUndelivered'), next: step.undelivered },
  }[why];
  return {
    ...{ kind: 'refuses', next, messages: [{ text, choices: [] }], notes: [note(step, `code-${why}`, shown)] },
    identity: { kind: 'refused', why, shown },
  };
}
