import type { Flow, FlowStep } from '@parley/sdk/flow-document.ts';
import { waysOf } from '@parley/sdk/flow-document.ts';

export type StepKind = FlowStep['kind'];
export const stepKinds = [
  ...(['say', 'ask', 'choices', 'condition', 'http', 'identity', 'set', 'hand-off', 'end'] as const),
];

/** Types of values that can be asked for; `text`: whatever is written. */
export const slotTypes = [
  ...(['text', 'order-number', 'tracking-number', 'phone', 'email', 'date', 'time', 'money', 'number'] as const),
];

/** The step with one of its ways leading elsewhere. */
export function withWay(step: FlowStep, way: string, to: string | null): FlowStep {
  if (step.kind === 'choices' && way.startsWith('options.')) {
    const id = way.slice('options.'.length);
    return { ...step, options: step.options.map((option) => (option.id === id ? { ...option, next: to } : option)) };
  }
  if (way === 'declined' && step.kind === 'http' && step.confirm != null)
    return { ...step, confirm: { ...step.confirm, declined: to } };
  return { ...step, [way]: to } as FlowStep;
}

/** Takes a step out; what led to it leads nowhere, which the check tells. */
export function withoutStep(flow: Flow, id: string): Flow {
  const steps = flow.steps
    .filter((step) => step.id !== id)
    .map((step) => waysOf(step).reduce((each, { way, to }) => (to === id ? withWay(each, way, null) : each), step));
  const { [id]: _, ...places } = flow.places;
  return { ...flow, steps, places, first: flow.first === id ? (steps[0]?.id ?? '') : flow.first };
}

export function newStep(kind: StepKind, id: string, text: string): FlowStep {
  const texts = { default: text };
  switch (kind) {
    case 'say':
      return { id, kind, texts, next: null };
    case 'ask':
      return {
        ...{ id, kind, tries: 2, next: null, otherwise: null },
        slots: [{ name: 'value', type: 'text', question: texts, askAgain: false }],
      };
    case 'choices':
      return {
        id,
        kind,
        texts,
        slot: null,
        options: [{ id: 'a', labels: { default: 'A' }, next: null }],
        otherwise: null,
      };
    case 'condition':
      return { id, kind, slot: 'value', is: 'set', value: '', next: null, otherwise: null };
    case 'http':
      return {
        ...{ id, kind, method: 'GET', url: 'https://', body: '', timeoutMs: 5_000, keep: [] },
        ...{ confirm: null, provenOnly: false, next: null, otherwise: null },
      };
    case 'identity':
      return {
        ...{ id, kind, sources: [{ kind: 'contact', field: 'email' }], mustEqual: null, send: { kind: 'email' } },
        ...{ next: null, tooMany: null, expired: null, undelivered: null },
      };
    case 'set':
      return { id, kind, slot: 'value', value: text, next: null };
    case 'hand-off':
      return { id, kind, groupId: null };
    case 'end':
      return { id, kind };
    default:
      return kind satisfies never;
  }
}

/** An id that no other one has. */
export function freeId(wanted: string, taken: readonly string[]): string {
  if (!taken.includes(wanted)) return wanted;
  for (let n = 2; ; n++) if (!taken.includes(`${wanted}-${n}`)) return `${wanted}-${n}`;
}

/** Where a step stands that nobody has moved: below the one before it. */
export function placeOf(flow: Flow, step: FlowStep): { x: number; y: number } {
  const index = flow.steps.findIndex(({ id }) => id === step.id);
  return flow.places[step.id] ?? { x: (index % 2) * 60, y: index * 120 };
}
