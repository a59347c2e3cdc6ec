/** Texts by language tag, or `default`. */
export type Texts = Readonly<Record<string, string>>;

type Step<Kind extends string, Of> = { readonly id: string; readonly kind: Kind } & Of;

export type FlowStep =
  | Step<'say', { readonly texts: Texts; readonly next: string | null }>
  | Step<
      'ask',
      {
        readonly slots: readonly {
          readonly name: string;
          readonly type: string;
          readonly question: Texts;
          readonly askAgain: boolean;
        }[];
        readonly tries: number;
        readonly next: string | null;
        readonly otherwise: string | null;
      }
    >
  | Step<
      'choices',
      {
        readonly texts: Texts;
        readonly slot: string | null;
        readonly options: readonly { readonly id: string; readonly labels: Texts; readonly next: string | null }[];
        readonly otherwise: string | null;
      }
    >
  | Step<
      'condition',
      {
        readonly slot: string;
        readonly is: SlotCondition;
        readonly value: string;
        readonly next: string | null;
        readonly otherwise: string | null;
      }
    >
  | Step<
      'http',
      {
        readonly method: 'GET' | 'POST';
        readonly url: string;
        readonly body: string;
        readonly timeoutMs: number;
        readonly keep: readonly { readonly slot: string; readonly path: string }[];
        readonly next: string | null;
        readonly otherwise: string | null;
      }
    >
  | Step<'set', { readonly slot: string; readonly value: string; readonly next: string | null }>
  | Step<'hand-off', { readonly groupId: string | null }>
  | Step<'end', Record<never, never>>;
export type StepKind = FlowStep['kind'];
export const stepKinds = ['say', 'ask', 'choices', 'condition', 'http', 'set', 'hand-off', 'end'] as const;
export const slotConditions = ['set', 'not-set', 'equal', 'not-equal', 'containing', 'at-least', 'at-most'] as const;
export type SlotCondition = (typeof slotConditions)[number];

export interface Flow {
  readonly id: string;
  readonly name: string;
  readonly enabled: boolean;
  readonly startWords: readonly string[];
  readonly first: string;
  readonly steps: readonly FlowStep[];
  readonly places: Readonly<Record<string, { readonly x: number; readonly y: number }>>;
}
export interface FlowsDocument {
  readonly flows: readonly Flow[];
}

/** Types of values that can be asked for; `text`: whatever is written. */
export const slotTypes = [
  ...(['text', 'order-number', 'tracking-number', 'phone', 'email', 'date', 'time', 'money', 'number'] as const),
];

/** A way out of a step, and where it leads. */
export interface Way {
  readonly way: string;
  readonly to: string | null;
}

export function waysOf(step: FlowStep): readonly Way[] {
  switch (step.kind) {
    case 'say':
    case 'set':
      return [{ way: 'next', to: step.next }];
    case 'ask':
    case 'condition':
    case 'http':
      return [
        { way: 'next', to: step.next },
        { way: 'otherwise', to: step.otherwise },
      ];
    case 'choices':
      return [
        ...step.options.map(({ id, next }) => ({ way: `options.${id}`, to: next })),
        { way: 'otherwise', to: step.otherwise },
      ];
    default:
      return [];
  }
}

/** The step with one of its ways leading elsewhere. */
export function withWay(step: FlowStep, way: string, to: string | null): FlowStep {
  if (step.kind === 'choices' && way.startsWith('options.')) {
    const id = way.slice('options.'.length);
    return { ...step, options: step.options.map((option) => (option.id === id ? { ...option, next: to } : option)) };
  }
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
        ...{ next: null, otherwise: null },
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
