import type { Message, Position, SyncAck } from './protocol.ts';

/**
 * What a client holds of one conversation: an unbroken run of the entries that its reader may see, ending at
 * `position`. A value: every change makes a new one, so that a screen can compare by identity.
 */
export type Timeline = {
  readonly messages: readonly Message[];
  readonly position: Position;
  readonly loaded: boolean;
  readonly hasOlder: boolean;
  /** How far the contact has read: what was sent up to here shows as read. */
  readonly contactReadSeq: number;
};

/** repeat: known already, nothing changed; gap: something before it is missing, nothing changed. */
export type Outcome = 'applied' | 'repeat' | 'gap';
export type Step = { readonly timeline: Timeline; readonly outcome: Outcome };

export const emptyTimeline: Timeline = {
  messages: [],
  position: { seq: 0, changes: 0 },
  loaded: false,
  hasOlder: false,
  contactReadSeq: 0,
};

/** At this many held messages the older part is let go; it can be loaded again. */
const maxHeld = 4_000;

/** A new entry: follows what is held when the entry before it that this reader may see (`prev`) is not beyond it. */
export function applyCreated(timeline: Timeline, { message, prev }: { message: Message; prev: number }): Step {
  if (message.seq <= timeline.position.seq) return { timeline, outcome: 'repeat' };
  if (prev > timeline.position.seq) return { timeline, outcome: 'gap' };
  const position = { ...timeline.position, seq: message.seq };
  const grown = { ...timeline, position, messages: [...timeline.messages, asRead(message, timeline.contactReadSeq)] };
  return { timeline: bounded(grown), outcome: 'applied' };
}

/** A change of an earlier entry: changes are counted, so the next one is known from a repeat and from a gap. */
export function applyUpdated(timeline: Timeline, { message, changes }: { message: Message; changes: number }): Step {
  const { position } = timeline;
  if (changes <= position.changes) return { timeline, outcome: 'repeat' };
  // A change that overtook its own message must wait for it: the message would come later in its first state.
  if (changes > position.changes + 1 || message.seq > position.seq) return { timeline, outcome: 'gap' };
  const next = { ...timeline, position: { ...position, changes } };
  return { timeline: replaceAll(next, [message]), outcome: 'applied' };
}

/** The answer to `sync`. `fromEnd`: it was asked for the last page, which then is all that is held. */
export function applySync(timeline: Timeline, ack: SyncAck, fromEnd: boolean): Timeline {
  const held = fromEnd ? [] : timeline.messages;
  const last = held.at(-1)?.seq ?? 0;
  const following = ack.messages
    .filter((message) => message.seq > last)
    .map((message) => asRead(message, timeline.contactReadSeq));
  const first = held[0] ?? following[0];
  const next = {
    ...timeline,
    messages: [...held, ...following],
    position: ack.position,
    loaded: true,
    hasOlder: fromEnd ? (first?.seq ?? 1) > 1 : timeline.hasOlder,
  };
  return bounded(replaceAll(next, ack.updated));
}

/** A page of what stands directly before the first held message (`before`); ignored when that moved meanwhile. */
export function applyOlder(timeline: Timeline, page: readonly Message[], before: number): Timeline {
  if (timeline.messages[0]?.seq !== before) return timeline;
  const older = page.filter((message) => message.seq < before);
  return {
    ...timeline,
    messages: [...older.map((message) => asRead(message, timeline.contactReadSeq)), ...timeline.messages],
    hasOlder: (older[0]?.seq ?? 1) > 1,
  };
}

/** The contact has read up to `seq`. */
export function applyRead(timeline: Timeline, contactReadSeq: number): Timeline {
  if (contactReadSeq <= timeline.contactReadSeq) return timeline;
  return { ...timeline, contactReadSeq, messages: timeline.messages.map((message) => asRead(message, contactReadSeq)) };
}

/** Puts newer versions in the place of held messages; those that are not held are not needed. */
export function replaceAll(timeline: Timeline, versions: readonly Message[]): Timeline {
  if (versions.length === 0) return timeline;
  const messages = [...timeline.messages];
  for (const version of versions) {
    const index = messages.findLastIndex((message) => message.seq === version.seq);
    if (index >= 0) messages[index] = asRead(version, timeline.contactReadSeq);
  }
  return { ...timeline, messages };
}

function asRead(message: Message, contactReadSeq: number): Message {
  const arrived = message.state === 'sent' || message.state === 'delivered';
  const seen = message.direction === 'out' && message.seq <= contactReadSeq && arrived;
  return seen ? { ...message, state: 'read' } : message;
}

function bounded(timeline: Timeline): Timeline {
  if (timeline.messages.length <= maxHeld) return timeline;
  return { ...timeline, messages: timeline.messages.slice(-maxHeld / 2), hasOlder: true };
}
