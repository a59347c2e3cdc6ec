import { type Flow, type FlowStep, waysOf } from '@parley/sdk/flow-document.ts';

/** What keeps a flow from working, and the step in which it lies. */
export interface FlowProblem {
  readonly flowId: string;
  readonly stepId: string;
  readonly kind:
    | 'twice'
    | 'no-such-step'
    | 'dead-end'
    | 'unreachable'
    | 'unknown-slot'
    | 'endless'
    | 'no-such-group'
    | 'no-address'
    | 'no-code'
    | 'no-mail';
  readonly field: string;
  readonly text: string;
}

/** What there is around flows; what is absent is not checked. */
export interface KnownToFlows {
  readonly groupIds?: ReadonlySet<string>;
  /** The installation can send e-mail. */
  readonly canMail?: boolean;
}

/** Ways that may lead nowhere: what goes wrong may be left to a person, and what is not wanted is over. */
const mayEnd: ReadonlySet<string> = new Set(['otherwise', 'declined', 'tooMany', 'expired', 'undelivered']);

/**
 * What must be so that a flow always ends, or waits for the customer: every way leads somewhere, every step is reached, no
 * value is used that nothing gives, and no circle is without a customer's turn.
 */
export function checkFlow(flow: Flow, { groupIds, canMail }: KnownToFlows = {}): readonly FlowProblem[] {
  const problems: FlowProblem[] = [];
  const found = (kind: FlowProblem['kind'], stepId: string, field: string, text: string) =>
    problems.push({ flowId: flow.id, stepId, kind, field, text });
  const steps = new Map(flow.steps.map((step) => [step.id, step]));
  const placeOf = new Map(flow.steps.map((step, i) => [step.id, `steps[${i}]`]));
  if (steps.size < flow.steps.length) {
    const twice = flow.steps.find((step) => steps.get(step.id) !== step);
    if (twice !== undefined) found('twice', twice.id, 'steps', 'the step is there twice');
  }
  if (!steps.has(flow.first))
    found('no-such-step', flow.first, 'first', `there is no step ${flow.first} to begin with`);

  for (const [i, step] of flow.steps.entries()) {
    for (const { way, to } of waysOf(step)) {
      const field = `steps[${i}].${way}`;
      if (to === null && !mayEnd.has(way)) found('dead-end', step.id, field, `is a dead end: ${way} leads nowhere`);
      if (to !== null && !steps.has(to))
        found('no-such-step', step.id, field, `${way} leads to ${to}, which is not there`);
    }
    if (step.kind === 'condition' && step.otherwise === null)
      found('dead-end', step.id, `steps[${i}].otherwise`, 'is a dead end: otherwise leads nowhere');
    if (step.kind === 'hand-off' && step.groupId !== null && groupIds?.has(step.groupId) === false)
      found('no-such-group', step.id, `steps[${i}].groupId`, `there is no group ${step.groupId}`);
    if (step.kind === 'identity')
      for (const { kind, field, text } of identityProblems(step, flow, canMail))
        found(kind, step.id, `steps[${i}].${field}`, text);
  }

  const reached = reachedFrom(flow.first, steps);
  for (const step of flow.steps)
    if (!reached.has(step.id)) found('unreachable', step.id, placeOf.get(step.id) ?? 'steps', 'is never reached');

  const given = new Set(flow.steps.flatMap(slotsGiven));
  for (const step of flow.steps)
    for (const name of slotsUsed(step))
      if (!given.has(name))
        found('unknown-slot', step.id, placeOf.get(step.id) ?? 'steps', `uses the slot ${name}, which nothing fills`);

  for (const stepId of endlessSteps(flow.steps, steps))
    found('endless', stepId, placeOf.get(stepId) ?? 'steps', 'stands in a circle in which the customer has no turn');
  return problems;
}

type IdentityProblem = Pick<FlowProblem, 'kind' | 'field' | 'text'>;

/** Without an address that is known from elsewhere than the customer, and a code in what is sent, nothing is checked. */
function identityProblems(
  { sources, send }: FlowStep & { kind: 'identity' },
  { steps }: Flow,
  canMail: boolean | undefined,
): readonly IdentityProblem[] {
  const problems: IdentityProblem[] = [];
  const answered = new Set(steps.flatMap((step) => (step.kind === 'http' ? step.keep.map(({ slot }) => slot) : [])));
  for (const [i, source] of sources.entries())
    if (source.kind === 'answer' && !answered.has(source.slot)) {
      const text = `takes the address from {${source.slot}}, which no step of this flow that calls an address keeps`;
      problems.push({ kind: 'no-address', field: `sources[${i}].slot`, text });
    }
  if (send.kind === 'email') {
    if (sources.every((source) => source.kind === 'contact' && source.field === 'phone'))
      problems.push({ kind: 'no-address', field: 'sources', text: 'sends an e-mail, and knows phone numbers alone' });
    if (canMail === false) {
      const text = 'sends an e-mail, and no mail server is set (PARLEY_SMTP_URL, PARLEY_MAIL_FROM)';
      problems.push({ kind: 'no-mail', field: 'send.kind', text });
    }
  } else if (!slotsIn(send.url).includes('code') && !(send.method === 'POST' && slotsIn(send.body).includes('code'))) {
    problems.push({ kind: 'no-code', field: 'send.body', text: 'calls an address without {code}' });
  }
  return problems;
}

function reachedFrom(first: string, steps: ReadonlyMap<string, FlowStep>): ReadonlySet<string> {
  const reached = new Set<string>();
  const ahead = [first];
  for (let id = ahead.pop(); id !== undefined; id = ahead.pop()) {
    const step = steps.get(id);
    if (step === undefined || reached.has(id)) continue;
    reached.add(id);
    for (const { to } of waysOf(step)) if (to !== null) ahead.push(to);
  }
  return reached;
}

function slotsGiven(step: FlowStep): string[] {
  if (step.kind === 'ask') return step.slots.map(({ name }) => name);
  if (step.kind === 'choices') return step.slot === null ? [] : [step.slot];
  if (step.kind === 'http') return step.keep.map(({ slot }) => slot);
  return step.kind === 'set' ? [step.slot] : [];
}

function slotsUsed(step: FlowStep): string[] {
  const inTexts = (texts: Readonly<Record<string, string>>) => Object.values(texts).flatMap(slotsIn);
  switch (step.kind) {
    case 'say':
      return inTexts(step.texts);
    case 'ask':
      return step.slots.flatMap(({ question }) => inTexts(question));
    case 'choices':
      return [step.texts, ...step.options.map(({ labels }) => labels)].flatMap(inTexts);
    case 'condition':
      return [step.slot];
    case 'http':
      return [...slotsIn(step.url), ...slotsIn(step.body), ...inTexts(step.confirm?.texts ?? {})];
    case 'identity': {
      const { send, mustEqual } = step;
      const sent = send.kind === 'http' ? [...slotsIn(send.url), ...slotsIn(send.body)] : [];
      const told = sent.filter((name) => name !== 'code' && name !== 'address');
      return mustEqual === null ? told : [...told, mustEqual];
    }
    case 'set':
      return slotsIn(step.value);
    default:
      return [];
  }
}

/** Slots that a text names in braces: `{order}`. */
export function slotsIn(text: string): string[] {
  return [...text.matchAll(/\{(\w{1,40})\}/g)].map(([, name]) => name ?? '');
}

/** Whether the customer has a turn in a step. */
const waits = (step: FlowStep) =>
  step.kind === 'ask' ||
  step.kind === 'choices' ||
  step.kind === 'identity' ||
  (step.kind === 'http' && step.confirm != null);

/** Steps on a circle of steps none of which waits: a walk over those that do not wait must come to an end. */
function endlessSteps(all: readonly FlowStep[], steps: ReadonlyMap<string, FlowStep>): string[] {
  // A step whose every way out has ended, or waits, ends as well; what is left then goes round, or leads into what does.
  const open = new Set(all.filter((step) => !waits(step)).map(({ id }) => id));
  const waysOut = (id: string) => {
    const step = steps.get(id);
    return step === undefined ? [] : waysOf(step).flatMap(({ to }) => (to !== null && open.has(to) ? [to] : []));
  };
  for (let changed = true; changed; ) {
    changed = false;
    for (const id of open) {
      if (waysOut(id).length > 0) continue;
      open.delete(id);
      changed = true;
    }
  }
  // Of what leads into a circle only the circle is to blame.
  for (let changed = true; changed; ) {
    changed = false;
    const led = new Set([...open].flatMap(waysOut));
    for (const id of open) {
      if (led.has(id)) continue;
      open.delete(id);
      changed = true;
    }
  }
  return [...open];
}
