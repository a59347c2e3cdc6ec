import {
  dueAtOf,
  newSlaCase,
  nextChangeAt,
  passTime,
  type SlaCase,
  type SlaClock,
  type SlaEventKind,
  type SlaHappening,
  type SlaStep,
  type SlaTodo,
  slaEventKinds,
  takeEvent,
  withTodo,
} from './sla-case.ts';
import type { SlaPolicies } from './sla-policies.ts';
import type { SlaEventRow, SlaResultChange, SlaSave, SlaSubject } from './sla-store.ts';

/** Who carries something out and says nothing for so long has gone: the next one does it. */
const claimMs = 30_000;

/** What is to be stored of a conversation, and what has happened. */
export interface Folded {
  readonly save: SlaSave;
  readonly happened: readonly SlaHappening[];
  /** Of what is to be said and done that for which whoever stores this is responsible from then on. */
  readonly todo: readonly SlaTodo[];
}

/**
 * What was noted of a conversation, in its order.
 *
 * @param now for what was noted without its time
 * @returns undefined: it is measured by nothing, and was not before
 */
export function foldEvents(
  subject: SlaSubject,
  rows: readonly Pick<SlaEventRow, 'at' | 'kinds'>[],
  policies: SlaPolicies,
  now: number,
): Folded | undefined {
  const kinds = rows.map((row) => row.kinds.split(','));
  const isNew = kinds.some((of) => of.includes('created'));
  const tells = (kind: SlaEventKind) => kinds.some((of) => of.includes(kind));
  const first = newSlaCase({
    at: rows[0]?.at || now,
    status: isNew ? 'queued' : subject.status,
    // What the events tell themselves begins with them.
    isAsked: !isNew && subject.isAsked && !tells('asked') && !tells('answered'),
    isAnswered: !isNew && subject.isAnswered,
    isSnoozed: false,
  });
  let step: SlaStep = { slaCase: subject.kept?.state ?? first, happened: [] };
  for (const [i, row] of rows.entries()) {
    for (const kind of slaEventKinds.filter((one) => kinds[i]?.includes(one))) {
      step = then(step, (slaCase) => take(slaCase, kind, row.at || now, subject, policies));
    }
  }
  return folded(subject, step, policies, now);
}

/**
 * What is due by then, of a conversation as it is: what was not noted (a process that had not heard of the targets yet)
 * is made up for first, so that nobody is called late who was not.
 */
export function foldDue(subject: SlaSubject, policies: SlaPolicies, now: number): Folded | undefined {
  if (subject.kept === undefined) return undefined;
  const healed = heal({ slaCase: subject.kept.state, happened: [] }, subject, policies, now);
  return folded(
    subject,
    then(healed, (slaCase) => passTime(slaCase, now)),
    policies,
    now,
  );
}

/** Other targets hold, or the first ones: what is open is measured by them from now on. */
export function foldTerms(subject: SlaSubject, policies: SlaPolicies, now: number): Folded | undefined {
  const { status, isAsked, isAnswered, isSnoozed } = subject;
  const slaCase = subject.kept?.state ?? newSlaCase({ at: now, status, isAsked, isAnswered, isSnoozed });
  const healed = heal({ slaCase, happened: [] }, subject, policies, now);
  return folded(
    subject,
    then(healed, (known) => take(known, 'changed', now, subject, policies)),
    policies,
    now,
  );
}

/** These have been said and done; what another process has added meanwhile is its own. */
export function withoutTodo(subject: SlaSubject, done: readonly SlaTodo[], policies: SlaPolicies): SlaSave | undefined {
  if (subject.kept === undefined) return undefined;
  const { state } = subject.kept;
  const isDone = (one: SlaTodo) =>
    done.some(({ stage, target, n }) => one.stage === stage && one.target === target && one.n === n);
  const todo = state.todo.filter((one) => !isDone(one));
  return todo.length === state.todo.length ? undefined : saveOf(subject, { ...state, todo }, [], policies);
}

function then(step: SlaStep, next: (slaCase: SlaCase) => SlaStep): SlaStep {
  const { slaCase, happened } = next(step.slaCase);
  return { slaCase, happened: [...step.happened, ...happened] };
}

function take(slaCase: SlaCase, kind: SlaEventKind, at: number, subject: SlaSubject, policies: SlaPolicies): SlaStep {
  return takeEvent(slaCase, kind, at, {
    before: policies.termsOf(slaCase.clocks[0]?.policyId ?? null),
    terms: policies.termsFor(subject),
  });
}

function heal(step: SlaStep, subject: SlaSubject, policies: SlaPolicies, now: number): SlaStep {
  let healed = step;
  const hear = (kind: SlaEventKind, at: number) => {
    healed = then(healed, (slaCase) => take(slaCase, kind, at, subject, policies));
  };
  const { slaCase } = step;
  // In this order: of an answer and of an end it is known when they were, and of nothing else.
  if (slaCase.isAsked && !subject.isAsked && subject.lastSender === 'agent') hear('answered', subject.lastMessageAt);
  if (subject.status !== slaCase.status) hear(subject.status, subject.closedAt ?? now);
  if (!slaCase.isAsked && subject.isAsked) hear('asked', now);
  // After the change of owner, which wakes it.
  if (healed.slaCase.isSnoozed !== subject.isSnoozed) hear(subject.isSnoozed ? 'snoozed' : 'woken', now);
  const terms = policies.termsFor(subject);
  const isOther = (clock: SlaClock) =>
    clock.policyId !== terms?.policy.id || clock.targetMs !== terms.targets[clock.target];
  if (healed.slaCase.clocks.some(isOther)) hear('changed', now);
  return healed;
}

function folded(
  subject: SlaSubject,
  { slaCase, happened }: SlaStep,
  policies: SlaPolicies,
  now: number,
): Folded | undefined {
  // Where nothing is measured nothing is kept, however many conversations there are.
  if (subject.kept === undefined && slaCase.clocks.length === 0 && happened.length === 0) return undefined;
  const { claimed, todo } = claim(withTodo(slaCase, happened), now);
  return { save: saveOf(subject, claimed, happened, policies), happened, todo };
}

/** What nobody carries out, or somebody who has gone, is ours as soon as it is stored: of two who store it one does. */
function claim(slaCase: SlaCase, now: number): { claimed: SlaCase; todo: readonly SlaTodo[] } {
  const isTaken = ({ claimedUntil = 0 }: SlaTodo) => claimedUntil > now;
  const todo = slaCase.todo.filter((one) => !isTaken(one)).map((one) => ({ ...one, claimedUntil: now + claimMs }));
  if (todo.length === 0) return { claimed: slaCase, todo };
  return { claimed: { ...slaCase, todo: [...slaCase.todo.filter(isTaken), ...todo] }, todo };
}

function saveOf(
  subject: SlaSubject,
  state: SlaCase,
  happened: readonly SlaHappening[],
  policies: SlaPolicies,
): SlaSave {
  const next = nextChangeAt(state);
  const claims = state.todo.map(({ claimedUntil = 0 }) => claimedUntil);
  const claimed = claims.length > 0 ? Math.min(...claims) : null;
  return {
    id: subject.id,
    rev: subject.kept?.rev ?? 0,
    state,
    groupId: policies.groupOf(subject.groupId),
    assigneeId: subject.status === 'agent' ? subject.assigneeId : null,
    dueAt: dueAtOf(state),
    nextAt: next === null || claimed === null ? (next ?? claimed) : Math.min(next, claimed),
    results: happened.flatMap((one) => resultOf(one, subject)),
  };
}

function resultOf(one: SlaHappening, { priority }: SlaSubject): SlaResultChange[] {
  const { target, n, at, policyId } = one;
  const common = { target, n, at, policyId, priority };
  switch (one.kind) {
    case 'warned':
      return [];
    case 'breached':
      return [{ ...common, outcome: 'breached' }];
    case 'met':
      return [{ ...common, outcome: 'met', tookMs: one.tookMs }];
    case 'late':
      return [{ ...common, outcome: 'late', tookMs: one.tookMs, lateMs: one.lateMs }];
    default:
      return one satisfies never;
  }
}
