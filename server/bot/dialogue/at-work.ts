import type { Flows } from '@parley/sdk/flow-document.ts';
import type { Content, Message, SystemContent } from '@parley/sdk/protocol.ts';
import type { Clock } from '../../base/clock.ts';
import { inTime } from '../../base/in-time.ts';
import type { Leases } from '../../base/leases.ts';
import { Lru } from '../../base/lru.ts';
import type { ConversationStore } from '../../conversation/conversation-store.ts';
import type { Conversations } from '../../conversation/conversations.ts';
import type { EventBus } from '../../conversation/event-bus.ts';
import { Refusal } from '../../gateway/refusal.ts';
import type { PublishedDocument } from '../../publishing/published-document.ts';
import { languageTag } from '../../routing/language-tags.ts';
import { type FromBot, flowUnder, givenUnder, storedRouting } from '../../routing/stored-routing.ts';
import { isVip } from '../../routing/vip.ts';
import type { IdentityCodes } from '../identity-check/identity-codes.ts';
import { type BotSettings, botText } from './bot-settings.ts';
import { handOffFor, mostRead } from './decide.ts';
import type { BotMessage, Decision } from './decision.ts';
import { type DialogueState, newDialogue } from './dialogue-state.ts';
import type { DialogueStore, DialogueSubject } from './dialogue-store.ts';
import { handOffSummary } from './hand-off-summary.ts';
import { keepDecision } from './kept-decision.ts';
import type { CallResult, FlowCall } from './run-flow.ts';
import { isFromCustomer, maskedContent, saidIn, sinceAnybodySpoke, withoutCode } from './said.ts';
import { type BotParts, languageOfWords, think } from './think.ts';

/** Conversations thought about at once: most wait for a language model or an address. */
const atOnce = 32;
/** Before a store that could not be read is asked again. */
const retryMs = 1_000;
/** Looked through at once by the sweep, and messages read of one conversation. */
const pageSize = 500;
const messagesRead = 100;
const closedAtOnce = 200;
const dayMs = 24 * 60 * 60_000;
/** Tries after which a person gets a conversation with which the bot cannot go on. */
const mostFailures = 3;

/** What is counted of the bot. */
export interface BotEvents {
  turn(band: Decision['band']): void;
  handedOff(reason: string): void;
  /** From when it began to think until the answer was stored. */
  took(ms: number): void;
  /** The sweep found what nobody had told of. */
  repaired(): void;
  /** The customer said whether the answer before helped. */
  rated(helped: boolean): void;
}

/** When there are people to hand a conversation to. */
export interface StaffHours {
  isOpen(scheduleId: string | null, at: number): boolean;
  /** When they come next, in words; null: nobody knows. */
  opensAt(scheduleId: string | null, at: number, language: string): string | null;
  timeZone(scheduleId: string | null): string;
}

export interface BotDeps {
  readonly store: DialogueStore;
  readonly messages: Pick<ConversationStore, 'messages'>;
  readonly conversations: Pick<Conversations, 'fromBot' | 'changeOwner' | 'changeMessage' | 'happened'>;
  readonly settings: Pick<PublishedDocument<BotSettings>, 'current' | 'onChange'>;
  readonly flows: Pick<PublishedDocument<Flows>, 'current'>;
  readonly parts: BotParts;
  readonly hours: StaffHours;
  readonly channelTypeOf: (channelId: string) => string;
  /** Whether a channel shows the question whether an answer helped. */
  readonly canRate: (channelId: string) => boolean;
  readonly call: (call: FlowCall, options: { key: string; signal: AbortSignal }) => Promise<CallResult>;
  /** One-time codes by which customers prove who they are. */
  readonly identity: IdentityCodes;
  readonly bus: EventBus;
  readonly leases: Leases;
  readonly clock: Clock;
  /** How often the store is looked through for what was not told. */
  readonly lookAgainMs: number;
  readonly events: BotEvents;
  readonly onError: (error: unknown) => void;
}

/** The bot at work: it answers what customers write in the conversations that it has. */
export interface Bot {
  /**
   * Takes part until the signal aborts: one process of an installation answers at a time. Resolves when what it was about
   * to say is said, or left to whoever answers next.
   */
  run(signal: AbortSignal): Promise<void>;
  /** Resolves when there is nothing under way. */
  settled(): Promise<void>;
}

/**
 * A decision is stored before anything is done about it, and what is said has ids that come from what it is about: whoever
 * goes on after a crash, or at the same time, says the same once. Each thing is said only while the bot has the
 * conversation since the epoch under which it decided, so that it never speaks after a person took over.
 */
export function createBot(deps: BotDeps): Bot {
  const { store, conversations, clock, onError } = deps;
  /** Conversations that are to be looked at; those under way, and whether there is news of them. */
  const waiting = new Set<string>();
  const underway = new Map<string, Attending>();
  /** Conversations with which something went wrong, and how often. */
  const failures = new Lru<string, number>(10_000);
  let held: AbortSignal | undefined;

  function ask(id: string): void {
    if (held === undefined || held.aborted) return;
    const known = underway.get(id);
    if (known !== undefined) known.isDirty = true;
    else waiting.add(id);
    begin();
  }

  function begin(): void {
    for (const id of waiting) {
      if (underway.size >= atOnce || held === undefined || held.aborted) return;
      waiting.delete(id);
      const entry: Attending = { isDirty: false, done: Promise.resolve(), doneSeq: 0 };
      underway.set(id, entry);
      entry.done = attend(id, entry).finally(() => {
        underway.delete(id);
        if (entry.isDirty) waiting.add(id);
        begin();
      });
    }
  }

  /** Looks at a conversation until nothing is left to be answered in it. */
  async function attend(id: string, entry: Attending): Promise<void> {
    try {
      do entry.isDirty = false;
      while (await turn(id, entry));
      failures.delete(id);
    } catch (error) {
      // Somebody was faster, or it is gone: whoever has it now answers. What ends with us goes on elsewhere.
      if (held?.aborted !== false || isOver(error)) return;
      onError(error);
      const times = (failures.get(id) ?? 0) + 1;
      failures.set(id, times);
      // Whatever keeps the bot from answering, nobody waits for it on and on.
      if (times >= mostFailures) await giveUp(id).catch(onError);
      await clock.sleep(retryMs, held).catch(() => undefined);
      entry.isDirty = true;
    }
  }

  /** One look at a conversation. @returns whether to look again */
  async function turn(id: string, entry: Attending): Promise<boolean> {
    const subject = await store.subject(id);
    if (subject?.status !== 'bot' || held?.aborted !== false) return false;
    const { known } = subject;
    const isOurs = known?.epoch === subject.epoch;
    if (isOurs && known.lookedSeq >= subject.lastSeq) return false;
    const unanswered = await readUnanswered(subject);
    const last = unanswered.at(-1);
    if (last === undefined) {
      if (isToBegin(subject)) {
        await answer(subject, [], subject.lastSeq);
        entry.doneSeq = subject.lastSeq;
        return true;
      }
      // What was decided before a crash is done now; where it is done, that changes nothing.
      if (isOurs && known.seq > entry.doneSeq) await redo(subject, known.seq, JSON.parse(known.state) as DialogueState);
      await store.looked(id, subject.epoch, subject.lastSeq);
      return false;
    }
    await answer(subject, unanswered, last.seq);
    entry.doneSeq = last.seq;
    return true;
  }

  /** What the customer wrote since the bot decided last; when it has just come to it, since anybody spoke to them. */
  async function readUnanswered(subject: DialogueSubject): Promise<Message[]> {
    const { id, known, epoch } = subject;
    if (known?.epoch === epoch && known.seq > 0) {
      const since = await deps.messages.messages(id, { after: known.seq, limit: messagesRead, publicOnly: true });
      return since.filter(isFromCustomer);
    }
    const newest = await deps.messages.messages(id, { limit: messagesRead, publicOnly: true, fromEnd: true });
    return sinceAnybodySpoke(newest);
  }

  /** An agent gave it with a flow, and the customer has not said anything that is not answered: the bot speaks first. */
  function isToBegin({ routing, epoch, known }: DialogueSubject): boolean {
    if (known?.epoch === epoch && known.seq > 0) return false;
    const flowId = givenUnder(routing, epoch) === null ? null : flowUnder(routing, epoch);
    const { enabled } = deps.settings.current.document;
    return enabled && deps.flows.current.document.flows.some((flow) => flow.id === flowId && flow.enabled);
  }

  async function answer(subject: DialogueSubject, unanswered: readonly Message[], seq: number): Promise<void> {
    const begunAt = clock.elapsed();
    const { id } = subject;
    const { settings, flows } = deps;
    const { document: policy } = settings.current;
    const typing = (on: boolean) =>
      deps.bus.publish('typing', {
        ...{ conversationId: id, by: 'bot', on, origin: undefined },
        name: botText(policy, 'name', null),
      });
    const known = stateOf(subject);
    const said = withoutCode(saidIn(unanswered), known);
    // Where it speaks first, what was said to somebody else tells in which language.
    const isTold = unanswered.length > 0 || known.language !== null;
    const state = isTold ? known : { ...known, language: await spokenIn(id, known, policy) };
    const { scheduleId } = policy.handOff;
    const now = clock.now();
    const check = await deps.identity.checkOf(id);
    const { contactId, email, phone, attributes } = subject;
    const isFirst = subject.known?.epoch !== subject.epoch || subject.known.seq === 0;
    const thought = {
      ...{
        conversationId: id,
        state,
        said,
        begins: isFirst ? flowUnder(subject.routing, subject.epoch) : null,
        settings: settings.current,
        flows: flows.current,
      },
      channelType: deps.channelTypeOf(subject.channelId),
      canRate: deps.canRate(subject.channelId),
      vip: isVip(subject.tags, subject.attributes.vip ?? null),
      // Who writes on a web page may say any name; other platforms tell us by themselves who it is, under their signature.
      isProven: subject.isVerified || deps.channelTypeOf(subject.channelId) !== 'web' || check?.isOwn === true,
      contact: { email, phone, attributes },
      proof: check?.addressHash ?? null,
      identity: deps.identity.door({ conversationId: id, contactId, seq, checkedForMs: policy.checkedForMs }),
      isOpen: deps.hours.isOpen(scheduleId, now),
      opensAt: deps.hours.opensAt(scheduleId, now, state.language ?? policy.language),
      timeZone: deps.hours.timeZone(scheduleId),
      call: (call: FlowCall, signal: AbortSignal) =>
        deps.call(call, { key: `parley-${id}-${seq}-${call.flowId}-${call.stepId}`, signal }),
    };
    typing(true);
    try {
      const parts = { parts: deps.parts, now: clock.now, onError };
      const decided = policy.enabled
        ? await whileHeld(think(thought, parts))
        : handOffFor('switched-off', switchedOff(thought), 'the bot is switched off');
      const record = keepDecision(decided.decision, thought);
      const row = { ...rowOf(subject, seq, decided, clock.now()), helped: said.helped ?? null, record };
      if (!(await store.decide(row, JSON.stringify(decided.state)))) return;
      if (known.flow?.code !== undefined) await maskCodes(id, unanswered);
      if (said.helped !== undefined) deps.events.rated(said.helped);
      await act(subject, seq, decided.decision, decided.state);
      deps.events.turn(decided.decision.band);
    } finally {
      typing(false);
      deps.events.took(clock.elapsed() - begunAt);
    }
    function switchedOff({ isOpen, opensAt, vip }: typeof thought) {
      const versions = { settings: settings.current.version, flows: flows.current.version, model: null };
      const observations = { ...{ now, isOpen, opensAt, vip, versions }, recognition: null, entities: [], called: {} };
      return { state, said, settings: policy, observations };
    }
  }

  async function spokenIn(id: string, state: DialogueState, document: BotSettings): Promise<string | null> {
    const newest = await deps.messages.messages(id, { limit: messagesRead, publicOnly: true, fromEnd: true });
    const { text } = saidIn(newest.filter(isFromCustomer));
    const ends = AbortSignal.timeout(document.answerWithinMs);
    return languageOfWords(text.slice(-mostRead), { state, document }, { parts: deps.parts, onError }, ends);
  }

  /** What was typed where a code is waited for is shown, searched and kept without it from now on. */
  async function maskCodes(conversationId: string, messages: readonly Message[]): Promise<void> {
    for (const { seq, content } of messages) {
      const masked = maskedContent(content);
      if (masked === undefined) continue;
      const edited = { content: JSON.stringify(masked), at: clock.now() };
      await conversations.changeMessage({ conversationId, seq, edited });
    }
  }

  /** What is being thought about is not waited for when another process answers from now on. */
  const whileHeld = <T>(work: Promise<T>): Promise<T> => (held === undefined ? work : inTime(work, held));

  async function giveUp(id: string): Promise<void> {
    const subject = await store.subject(id);
    if (subject?.status !== 'bot') return;
    const decision = { handOff: { reason: 'error', groupId: null }, stages: [] } as const;
    await handOver(subject, decision, newDialogue);
    failures.delete(id);
  }

  async function redo(subject: DialogueSubject, seq: number, state: DialogueState): Promise<void> {
    const stored = await store.decision(subject.id, seq, subject.epoch);
    if (stored === undefined) return;
    await act(subject, seq, JSON.parse(stored.record) as Decision, state);
  }

  /** Does what was decided. What was said already is not said again. */
  async function act(subject: DialogueSubject, seq: number, decision: Decision, state: DialogueState): Promise<void> {
    const { id, epoch } = subject;
    const name = botText(deps.settings.current.document, 'name', state.language);
    if (decision.identity !== undefined) {
      const content = identityEntry(decision.identity);
      await conversations.happened({ conversationId: id, clientId: `identity-${epoch}-${seq}`, content });
    }
    for (const [i, message] of decision.messages.entries()) {
      const content = contentOf(message);
      await conversations.fromBot({ conversationId: id, clientId: `bot-${epoch}-${seq}-${i}`, content, name, epoch });
    }
    await handOver(subject, decision, state);
  }

  async function handOver(
    { id, epoch, routing: before }: DialogueSubject,
    decision: Pick<Decision, 'handOff' | 'stages'>,
    state: DialogueState,
  ): Promise<void> {
    const { handOff } = decision;
    if (handOff === null) return;
    const queuedAt = clock.now();
    const bot: FromBot = { queuedAt, reason: handOff.reason, intent: state.intent };
    const given = givenUnder(before, epoch);
    // Named by a person, as in a transfer: it waits for them first, and for the group when they do not come.
    const back = given?.backTo == null ? {} : { queuedAt, forAgent: given.backTo };
    const { given: _, ...stored } = storedRouting(before, null);
    const routing = JSON.stringify({ ...stored, bot, ...back });
    await conversations.changeOwner({
      ...{ conversationId: id, to: 'queued', from: ['bot'], expectEpoch: epoch, why: 'handed-off', queuedAt },
      queue: { routing, ...(handOff.groupId === null ? {} : { groupId: handOff.groupId }) },
      told: handOffSummary(decision, state, given),
    });
    deps.events.handedOff(handOff.reason);
  }

  /** Finds what nobody told of: what came while no process answered, or was lost with one that did. */
  async function lookThrough(isFirst: boolean): Promise<void> {
    let after: { sortAt: number; no: number } | null = { sortAt: 0, no: 0 };
    while (after !== null && held?.aborted === false) {
      const page = await store.owed(after, pageSize);
      for (const id of page.ids) {
        if (!isFirst && !underway.has(id) && !waiting.has(id)) deps.events.repaired();
        ask(id);
      }
      after = page.next;
    }
  }

  /** Closes what the customer has left. */
  async function closeQuiet(): Promise<void> {
    const { closeAfterMs } = deps.settings.current.document;
    if (closeAfterMs === null) return;
    for (const { id, epoch } of await store.quiet(clock.now() - closeAfterMs, closedAtOnce)) {
      if (held?.aborted !== false) return;
      const subject = await store.subject(id);
      const isDone = subject?.known?.epoch === epoch && subject.known.lookedSeq >= subject.lastSeq;
      if (!isDone) continue;
      await conversations
        .changeOwner({ conversationId: id, to: 'closed', from: ['bot'], expectEpoch: epoch, why: 'bot-done' })
        .catch((error: unknown) => {
          if (!(error instanceof Refusal)) throw error;
        });
    }
  }

  /** What was decided long ago is kept no longer than the settings say. */
  async function forgetOld(): Promise<void> {
    await deps.identity.forget();
    const { keepDecisionsDays } = deps.settings.current.document;
    if (keepDecisionsDays === null) return;
    const before = clock.now() - keepDecisionsDays * dayMs;
    while (held?.aborted === false && (await store.forget(before, pageSize)) === pageSize);
  }

  async function lead(signal: AbortSignal): Promise<void> {
    held = signal;
    const ends = [
      deps.bus.subscribe('bot.asked', ({ conversationId }) => ask(conversationId)),
      deps.bus.subscribe('owner.changed', ({ head }) => {
        if (head.status === 'bot') ask(head.id);
      }),
    ];
    try {
      for (let isFirst = true; !signal.aborted; isFirst = false) {
        await lookThrough(isFirst)
          .then(() => (isFirst ? undefined : closeQuiet()))
          .then(() => (isFirst ? undefined : forgetOld()))
          .catch(onError);
        await clock.sleep(deps.lookAgainMs, signal).catch(() => undefined);
      }
    } finally {
      for (const end of ends) end();
      waiting.clear();
      await settled();
    }
  }

  async function settled(): Promise<void> {
    while (underway.size > 0) await Promise.all([...underway.values()].map(({ done }) => done));
  }

  return { run: (signal) => deps.leases.whileHeld('bot', lead, signal), settled };
}

/** A conversation that is being looked at: whether there is news of it, and up to where we did what was decided. */
type Attending = { isDirty: boolean; done: Promise<void>; doneSeq: number };

function contentOf({ text, choices, asksIfHelped }: BotMessage): Content {
  // Two scores: no and yes.
  if (asksIfHelped === true) return { type: 'rating', scale: 2, question: text };
  return choices.length === 0 ? { type: 'text', text } : { type: 'choices', text, choices: [...choices] };
}

/** What agents see of it in the timeline, for good. */
function identityEntry(identity: NonNullable<Decision['identity']>): SystemContent {
  const { shown } = identity;
  if (identity.kind === 'checked') {
    const data = { address: shown, until: String(identity.until) };
    const text = `The customer has proved by a one-time code that they have ${shown}.`;
    return { type: 'system', event: 'identity.checked', text, data };
  }
  const text = `The customer could not be checked by a one-time code (${shown}): ${identity.why}.`;
  return { type: 'system', event: 'identity.refused', text, data: { address: shown, why: identity.why } };
}

const isOver = (error: unknown) =>
  error instanceof Refusal && ['conflict', 'not-found', 'conversation-closed'].includes(error.code);
/** What is known since the bot has it; of what was before, only what holds on. */
function stateOf({ known, epoch, language, attributes }: DialogueSubject): DialogueState {
  const customerLanguage = language ?? languageTag(attributes.language);
  const before = known === null ? {} : (JSON.parse(known.state) as Partial<DialogueState>);
  if (known?.epoch === epoch) return { ...newDialogue, language, ...before, customerLanguage };
  const { slots = {}, about = [] } = before;
  return { ...newDialogue, language: before.language ?? language, customerLanguage, slots, about };
}

function rowOf(
  { id, epoch }: DialogueSubject,
  seq: number,
  { decision, state: { intent } }: { decision: Decision; state: DialogueState },
  at: number,
) {
  return {
    ...{ conversationId: id, seq, epoch, at, act: decision.act, band: decision.band },
    reason: decision.handOff?.reason ?? null,
    intent: intent?.name.slice(0, 191) ?? null,
  };
}
