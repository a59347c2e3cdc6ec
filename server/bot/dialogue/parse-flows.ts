import {
  type AddressSource,
  type AskedSlot,
  type CallConfirmation,
  type CodeDelivery,
  type Flow,
  type FlowStep,
  type Flows,
  type SlotCondition,
  slotConditions,
} from '@parley/sdk/flow-document.ts';
import { Refusal } from '../../gateway/refusal.ts';
import {
  boolean,
  integer,
  list,
  nullable,
  number,
  object,
  oneKind,
  oneOf,
  optional,
  type Read,
  record,
  refuse,
  text,
  textThat,
  type UnknownFields,
} from '../../routing/config-reader.ts';
import { checkFlow, type FlowProblem, type KnownToFlows } from './check-flow.ts';
import { id, texts } from './parse-bot-settings.ts';

const slotName = textThat((value) => /^\w{1,40}$/.test(value), 'a name of letters, digits and underscores, at most 40');
const way = nullable(id);
/** An address may hold slots in braces, but not where they would say which host is asked. */
const address = textThat(
  (value) => value.length <= 2_000 && URL.canParse(value) && /^https?:\/\/[^/{}]+(\/|$|\?)/.test(value),
  'an address that begins with http:// or https:// and names its host without a slot',
);
const anyText: Read<string> = (value, path) => {
  if (typeof value !== 'string') refuse(path, 'expected text');
  if (value.length > 8_000) refuse(path, 'is longer than 8000 characters');
  return value;
};

const timeoutMs = optional(integer(500, 10_000, 'milliseconds'), 5_000);
const addressSource = oneKind<AddressSource>({
  contact: object({ kind: oneOf(['contact']), field: oneOf<'email' | 'phone'>(['email', 'phone']) }),
  attribute: object({ kind: oneOf(['attribute']), name: text({ max: 100 }) }),
  answer: object({ kind: oneOf(['answer']), slot: slotName }),
});
const codeDelivery = oneKind<CodeDelivery>({
  email: object({ kind: oneOf(['email']) }),
  http: object({
    kind: oneOf(['http']),
    method: optional(oneOf<'GET' | 'POST'>(['GET', 'POST']), 'POST'),
    url: address,
    body: optional(anyText, ''),
    timeoutMs,
  }),
});

const step = oneKind<FlowStep>({
  say: object({ id, kind: oneOf(['say']), texts, next: way }),
  ask: object({
    id,
    kind: oneOf(['ask']),
    slots: list(
      object<AskedSlot>({
        name: slotName,
        type: text({ max: 60 }),
        question: texts,
        askAgain: optional(boolean, false),
      }),
      { min: 1, max: 10 },
    ),
    tries: optional(integer(1, 5), 2),
    next: way,
    otherwise: way,
  }),
  choices: object({
    id,
    kind: oneOf(['choices']),
    texts,
    slot: nullable(slotName),
    options: list(object({ id, labels: texts, next: way }), { min: 1, max: 10 }),
    otherwise: way,
  }),
  condition: object({
    id,
    kind: oneOf(['condition']),
    slot: slotName,
    is: oneOf<SlotCondition>([...slotConditions]),
    value: optional(anyText, ''),
    next: way,
    otherwise: way,
  }),
  http: object({
    id,
    kind: oneOf(['http']),
    method: oneOf<'GET' | 'POST'>(['GET', 'POST']),
    url: address,
    body: optional(anyText, ''),
    timeoutMs,
    confirm: optional(nullable(object<CallConfirmation>({ texts, declined: optional(way, null) })), null),
    provenOnly: optional(boolean, false),
    keep: optional(list(object({ slot: slotName, path: text({ max: 200 }) }), { max: 20 }), []),
    next: way,
    otherwise: way,
  }),
  identity: object({
    id,
    kind: oneOf(['identity']),
    sources: list(addressSource, { min: 1, max: 5 }),
    mustEqual: optional(nullable(slotName), null),
    send: codeDelivery,
    next: way,
    tooMany: optional(way, null),
    expired: optional(way, null),
    undelivered: optional(way, null),
  }),
  set: object({ id, kind: oneOf(['set']), slot: slotName, value: anyText, next: way }),
  'hand-off': object({ id, kind: oneOf(['hand-off']), groupId: nullable(id) }),
  end: object({ id, kind: oneOf(['end']) }),
});

const readFlows = object<Flows>({
  flows: list(
    object<Flow>({
      id,
      name: text({ max: 100 }),
      enabled: optional(boolean, true),
      startWords: optional(list(text({ max: 100 }), { max: 50 }), []),
      first: id,
      steps: list(step, { min: 1, max: 100 }),
      places: optional(record(object({ x: number(-1e6, 1e6), y: number(-1e6, 1e6) }), { max: 200 }), {}),
    }),
    { max: 100 },
  ),
});

/** @throws Refusal `settings-invalid` with the field, where it is no flow at all */
export function readFlowsDocument(value: unknown, unknown: UnknownFields = 'refuse'): Flows {
  const read = readFlows(value, '', unknown);
  const seen = new Set<string>();
  for (const [i, { id: flowId }] of read.flows.entries()) {
    if (seen.has(flowId)) refuse(`flows[${i}].id`, `the flow ${flowId} is there twice`);
    seen.add(flowId);
  }
  return read;
}

/** What is wrong with flows that can be read: each problem names its step. */
export function problemsOf({ flows }: Flows, known: KnownToFlows = {}): readonly FlowProblem[] {
  return flows.flatMap((flow) => checkFlow(flow, known));
}

/** @throws Refusal `settings-invalid`: it names the step of the first problem, and says how many there are */
export function parseFlows(value: unknown, known?: KnownToFlows): Flows {
  const read = readFlowsDocument(value);
  const [first, ...others] = problemsOf(read, known);
  if (first === undefined) return read;
  const at = `flows[${read.flows.findIndex(({ id: flowId }) => flowId === first.flowId)}]`;
  const more = others.length === 0 ? '' : ` (and ${others.length} more)`;
  throw new Refusal('settings-invalid', `Flow ${first.flowId}, step ${first.stepId}: ${first.text}${more}.`, {
    field: `${at}.${first.field}`,
  });
}
