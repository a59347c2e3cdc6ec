import type { WaitNotice } from '@parley/sdk/protocol.ts';
import { createAlarm } from '../base/alarm.ts';
import type { Clock } from '../base/clock.ts';
import type { EventBus } from '../conversation/event-bus.ts';
import type { WaitSeen } from '../routing/wait-notices.ts';
import type { WaitState, WaitStore } from '../routing/wait-store.ts';
import type { ConnectionManager } from './connection-manager.ts';

/** What comes together is asked about together. */
const gatherMs = 250;
/** How often whoever stands near the front is told, where something has changed, … */
const nearEveryMs = 3_000;
/** … and everybody else. */
const farEveryMs = 12_000;
/** Up to this place, one is near. */
const nearPlace = 20;
/** Asked about in one look, those who have not been asked about for longest; others wait for the next. */
const perLook = 2_000;
/** Conversations in one question to whoever decides. */
const perQuestion = 500;
/** How often it is stored that the customers are still there: far less than the time after which they are thought gone. */
export const seenEveryMs = 20_000;

/** Visitors of this process who wait: tells them where they stand, and the store that they are there. */
export interface WaitingVisitors {
  /** A window of the visitor is connected. `conversationId`: its current one; null before the first message. */
  opened(contactId: string, conversationId: string | null): void;
  closed(contactId: string): void;
  stop(): void;
}

interface Watched {
  readonly contactId: string;
  readonly queuedAt: number;
  /** JSON of what was told last. */
  told: string | undefined;
  askAt: number;
  seenAt: number;
}

/**
 * Each process asks whoever decides about its own visitors, some hundreds at once: what that one process answers goes to the
 * one that has asked, and costs the same however many wait. A window hears of it only when it has changed.
 */
export function createWaitingVisitors(deps: {
  connections: Pick<ConnectionManager, 'ofContact' | 'send'>;
  bus: EventBus;
  store: Pick<WaitStore, 'states' | 'seen'>;
  ask: (ids: readonly string[]) => Promise<readonly WaitSeen[]>;
  /** These customers had left while waiting, and are here again. */
  onBack: (states: readonly WaitState[]) => Promise<void>;
  clock: Clock;
  onError: (error: unknown) => void;
}): WaitingVisitors {
  const { connections, store, clock } = deps;
  const watched = new Map<string, Watched>();
  const ofContact = new Map<string, Set<string>>();
  /** Of which nobody knows yet whether they wait. */
  const asked = new Map<string, string>();
  let isLooking = false;
  let stopped = false;
  const alarm = createAlarm(clock, () => void look());

  const isHere = (contactId: string) => {
    const [any] = connections.ofContact(contactId);
    return any !== undefined;
  };

  function lookSoon(): void {
    if (!stopped && !isLooking) alarm.set(clock.now() + gatherMs);
  }

  function consider(contactId: string, conversationId: string): void {
    asked.set(conversationId, contactId);
    lookSoon();
  }

  function unwatch(id: string): Watched | undefined {
    const was = watched.get(id);
    if (was === undefined) return undefined;
    watched.delete(id);
    const ids = ofContact.get(was.contactId);
    ids?.delete(id);
    if (ids?.size === 0) ofContact.delete(was.contactId);
    return was;
  }

  function watch({ id, contactId, queuedAt }: WaitState & { queuedAt: number }): void {
    const was = watched.get(id);
    if (was?.queuedAt === queuedAt) return;
    watched.set(id, { contactId, queuedAt, told: was?.told, askAt: 0, seenAt: 0 });
    const ids = ofContact.get(contactId) ?? new Set();
    ofContact.set(contactId, ids.add(id));
  }

  async function look(): Promise<void> {
    if (isLooking || stopped) return;
    isLooking = true;
    try {
      await learn();
      await tellSeen();
      await tell();
    } catch (error) {
      deps.onError(error);
    }
    isLooking = false;
    if (stopped) return;
    if (asked.size > 0) lookSoon();
    else alarm.set(watched.size === 0 ? undefined : clock.now() + nearEveryMs);
  }

  /** Which of those that were heard of wait. */
  async function learn(): Promise<void> {
    const some = new Map([...asked].slice(0, perLook));
    for (const id of some.keys()) asked.delete(id);
    const here = [...some].filter(([, contactId]) => isHere(contactId)).map(([id]) => id);
    if (here.length === 0) return;
    let states: WaitState[];
    try {
      states = await store.states(here);
    } catch (error) {
      for (const [id, contactId] of some) asked.set(id, contactId);
      throw error;
    }
    for (const state of states) {
      const { id, queuedAt } = state;
      if (queuedAt !== null) watch({ ...state, queuedAt });
      else if (unwatch(id)?.told !== undefined) send(state.contactId, id, null);
    }
    const back = states.filter(({ abandonedAt }) => abandonedAt !== null);
    if (back.length > 0) await deps.onBack(back);
  }

  async function tellSeen(): Promise<void> {
    const now = clock.now();
    const due = [...watched].filter(([, { seenAt }]) => now - seenAt >= seenEveryMs || seenAt > now);
    await store.seen(
      due.map(([id, { queuedAt }]) => ({ id, queuedAt })),
      now,
    );
    for (const [, one] of due) one.seenAt = now;
  }

  async function tell(): Promise<void> {
    const now = clock.now();
    const due = [...watched].filter(([, { askAt }]) => askAt <= now || askAt > now + farEveryMs);
    due.sort(([, a], [, b]) => a.askAt - b.askAt);
    const ids = due.slice(0, perLook).map(([id]) => id);
    for (let from = 0; from < ids.length; from += perQuestion) await askAbout(ids.slice(from, from + perQuestion), now);
  }

  async function askAbout(ids: readonly string[], now: number): Promise<void> {
    const answers = new Map((await deps.ask(ids)).map((seen) => [seen.conversationId, seen]));
    for (const id of ids) {
      const one = watched.get(id);
      const seen = answers.get(id);
      if (one === undefined) continue;
      // Who has only just come is found at the next look.
      const place = seen?.position ?? (one.told === undefined ? 1 : nearPlace);
      one.askAt = now + (place < nearPlace ? nearEveryMs : farEveryMs);
      if (seen !== undefined) {
        const { conversationId: _, ...notice } = seen;
        show(id, one, notice);
      } else {
        if (one.told === undefined) show(id, one, unknownYet);
        // It has left the queue and nobody told, has only just come, or stands behind all that are known.
        asked.set(id, one.contactId);
      }
    }
  }

  function show(id: string, one: Watched, notice: WaitNotice): void {
    const told = JSON.stringify(notice);
    if (one.told === told) return;
    one.told = told;
    send(one.contactId, id, notice);
  }

  function send(contactId: string, conversationId: string, wait: WaitNotice | null): void {
    const frame = JSON.stringify({ type: 'event', event: 'wait.updated', data: { conversationId, wait } });
    for (const connection of connections.ofContact(contactId)) connections.send(connection, frame);
  }

  function statusChanged(contactId: string, id: string, status: string): void {
    if (!isHere(contactId)) return;
    if (status === 'queued' || watched.has(id)) consider(contactId, id);
  }

  const ends = [
    deps.bus.subscribe('conversation.changed', ({ conversation: { id, contact, status } }) =>
      statusChanged(contact.id, id, status),
    ),
    deps.bus.subscribe('heard', ({ topic, payload }) => {
      // Most of what is heard is said in the conversation; here it is about its state.
      if (!topic.startsWith('contact:') || !payload.startsWith('{"type":"event","event":"conversation.')) return;
      const { data } = JSON.parse(payload) as { data: { conversation: { id: string; status: string } } };
      statusChanged(topic.slice('contact:'.length), data.conversation.id, data.conversation.status);
    }),
  ];

  return {
    opened: (contactId, conversationId) => {
      const one = conversationId === null ? undefined : watched.get(conversationId);
      // A further window knows nothing yet.
      if (one !== undefined) {
        one.told = undefined;
        one.askAt = 0;
      }
      if (conversationId !== null) consider(contactId, conversationId);
    },
    closed: (contactId) => {
      if (isHere(contactId)) return;
      const left = [...(ofContact.get(contactId) ?? [])];
      const waits = left.map((id) => ({ id, queuedAt: unwatch(id)?.queuedAt ?? 0 }));
      store.seen(waits, clock.now()).catch(deps.onError);
    },
    stop: () => {
      stopped = true;
      alarm.set(undefined);
      for (const end of ends) end();
    },
  };
}

const unknownYet: WaitNotice = { position: null, atLeast: false, estimate: null, movedOn: false, offers: [] };
