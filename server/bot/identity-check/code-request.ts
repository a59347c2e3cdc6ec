import type { AddressSource, Flow, FlowStep } from '@parley/sdk/flow-document.ts';
import type { BotTextKey } from '../dialogue/bot-texts.ts';
import { slotsIn } from '../dialogue/check-flow.ts';
import type { AnsweredValue } from '../dialogue/dialogue-state.ts';
import type { CodeRequest, KnownContact } from './code-exchange.ts';
import { codeMinutes } from './code-law.ts';
import { plainAddress } from './known-address.ts';

/** What is known when a flow comes to a step that checks who the customer is. */
interface Known {
  readonly flow: Flow;
  readonly slots: Readonly<Record<string, string>>;
  /** What calls of this flow have answered: slots can be told by the customer, and this cannot. */
  readonly answered: Readonly<Record<string, AnsweredValue>>;
  readonly contact: KnownContact | undefined;
}

/** To which address a code is to be sent, if to any. */
export function codeRequest(
  { id, sources, mustEqual, send }: FlowStep & { kind: 'identity' },
  { flow, slots, answered, contact }: Known,
  own: (key: BotTextKey, values?: Readonly<Record<string, string>>) => string,
): CodeRequest {
  const found = sources
    .map((source) => ({ source, known: addressOf(source, answered, contact) }))
    .find(({ known }) => known !== undefined && canReach(known.value, send.kind));
  const source = found?.source ?? sources[0];
  const address = found?.known?.value;
  const told = mustEqual === null ? null : (slots[mustEqual] ?? '');
  const isMeant = told === null || (address !== undefined && plainAddress(told) === plainAddress(address));
  return {
    ...{ flowId: flow.id, stepId: id, send, told, slots, by: found?.known?.by ?? {} },
    // The code is not known here: it is filled in when it is sent.
    mail: { subject: own('codeSubject'), text: own('codeMail', { code: '{code}', minutes: String(codeMinutes) }) },
    address: isMeant ? (address ?? null) : null,
    kind: send.kind === 'email' || (source !== undefined && /mail/i.test(nameOf(source))) ? 'email' : 'phone',
    isOwn: source?.kind !== 'answer',
    question: JSON.stringify([flow.id, id, lookedUpBy(flow, slots), told]),
  };
}

/** Values by which calls of the flow look something up. */
function lookedUpBy({ steps }: Flow, slots: Readonly<Record<string, string>>): (readonly [string, string])[] {
  const names = steps.flatMap((step) => (step.kind === 'http' ? [...slotsIn(step.url), ...slotsIn(step.body)] : []));
  return [...new Set(names)].sort().map((name) => [name, slots[name] ?? '']);
}

/** What cannot be written to is passed over. */
function canReach(address: string, by: 'email' | 'http'): boolean {
  const plain = plainAddress(address);
  return plain !== null && (by !== 'email' || plain.includes('@'));
}

function addressOf(
  source: AddressSource,
  answered: Readonly<Record<string, AnsweredValue>>,
  contact: KnownContact | undefined,
): AnsweredValue | undefined {
  if (source.kind === 'answer') return Object.hasOwn(answered, source.slot) ? answered[source.slot] : undefined;
  const { attributes = {} } = contact ?? {};
  const own = Object.hasOwn(attributes, nameOf(source)) ? attributes[nameOf(source)] : undefined;
  const value = source.kind === 'contact' ? contact?.[source.field] : own;
  return value == null ? undefined : { value, by: {} };
}

const nameOf = (source: AddressSource): string =>
  source.kind === 'contact' ? source.field : source.kind === 'attribute' ? source.name : source.slot;
