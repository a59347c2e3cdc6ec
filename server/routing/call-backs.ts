import type { CallBack, CallBackState, FormContent, WaitOffer } from '@parley/sdk/protocol.ts';
import type { Clock } from '../base/clock.ts';
import type { ConversationHead } from '../conversation/conversation-store.ts';
import type { Author, Conversations } from '../conversation/conversations.ts';
import { Refusal } from '../gateway/refusal.ts';
import type { AssignmentStore } from './assignment-store.ts';
import { type CallBackRow, type CallBackStore, shownCallBack } from './call-back-store.ts';
import { type ContactDetails, readContactDetails } from './contact-details.ts';
import { storedRouting } from './stored-routing.ts';

/** After so many tries without an answer nobody tries again. */
const maxTries = 3;
/** Until the next try, where nothing else is said. */
const nextTryMs = 30 * 60_000;
/** So far ahead a customer can ask to be called. */
const farthestMs = 14 * 24 * 60 * 60_000;
/** A wish that is over by no more than this is meant as now: clocks differ, and forms are filled in slowly. */
const lateMs = 60 * 60_000;

/** What a customer asks for instead of waiting. */
export interface LaterRequest {
  readonly conversationId: string;
  readonly contactId: string;
  readonly clientId: string;
  readonly offer: WaitOffer;
  readonly name?: string;
  readonly phone?: string;
  readonly email?: string;
  /** What it is about. */
  readonly note?: string;
  /** When to call; absent: as soon as somebody can. */
  readonly at?: number;
  /** Goes on waiting as well. */
  readonly keepPlace: boolean;
  /** The words of the form, as the customer saw them. */
  readonly form: FormContent;
}

/** What agents do with a request. */
export type CallBackStep =
  | { readonly kind: 'take' }
  | { readonly kind: 'done' }
  /** Nobody answered. `at`: when to try again. */
  | { readonly kind: 'no-answer'; readonly at?: number }
  | { readonly kind: 'cancel' }
  /** Whoever has taken it has not the time after all. */
  | { readonly kind: 'give-back' };

/** Customers who chose to be called back, or to be answered later. */
export interface CallBacks {
  /**
   * The customer chooses what they were offered. The same `clientId` again answers the first request.
   * @throws Refusal `bad-request` with the field; `conflict` when it is not offered (any more)
   */
  request(request: LaterRequest): Promise<CallBackRow>;
  /** @throws Refusal `not-found`; `conflict` when it is in another state by now; `forbidden` when somebody else has it */
  step(id: string, step: CallBackStep, by: Author & { readonly isSupervisor: boolean }): Promise<CallBackRow>;
  /** What is promised to the customer in the conversation still, newest first. */
  promised(conversationId: string, contactId: string): Promise<CallBackRow[]>;
  /**
   * The customer does not want it any more, also where somebody has taken it. Once more has no effect.
   * @throws Refusal `not-found`, also where it is another customer's; `conflict` when it is done, or nobody tries any more
   */
  withdraw(id: string, contactId: string): Promise<CallBackRow>;
}

export function createCallBacks(deps: {
  store: CallBackStore;
  assignments: Pick<AssignmentStore, 'routingOf'>;
  conversations: Pick<Conversations, 'head' | 'fromVisitor' | 'changeOwner' | 'patchContact' | 'happened' | 'patch'>;
  contact: (id: string) => Promise<{ name: string; email?: string; phone?: string } | undefined>;
  /** It is another one by now: what is seen of it is to be that. */
  onChange: (callBack: CallBack) => void;
  /** Whoever decides offers it no more. */
  closeOffer: (conversationId: string, offer: WaitOffer) => Promise<unknown>;
  clock: Clock;
  newId: () => string;
  onError: (error: unknown) => void;
}): CallBacks {
  const { store, conversations, clock } = deps;

  async function request(asked: LaterRequest): Promise<CallBackRow> {
    const details = readRequest(asked, clock.now());
    const known = await store.find(asked.conversationId, asked.clientId);
    if (known !== undefined) return known;
    const head = await conversations.head(asked.conversationId);
    await checkOffered(head, asked.offer);
    const { contactId, clientId } = asked;
    // In this order: what a repeat writes again has no effect, and the request stands only where its words do.
    await conversations.fromVisitor({
      contactId,
      contactName: undefined,
      channelId: head.channelId,
      clientId: `later-${clientId}`,
      content: asked.form,
    });
    await keepDetails(contactId, details);
    const at = clock.now();
    const row = await store.add({
      id: deps.newId(),
      conversationId: head.id,
      contactId,
      clientId,
      kind: asked.offer === 'call-back' ? 'call-back' : 'message',
      ...details,
      note: asked.note?.trim() || null,
      dueAt: Math.max(at, asked.at ?? at),
      state: 'open',
      tries: 0,
      agentId: null,
      createdAt: at,
      updatedAt: at,
    });
    deps.onChange(shownCallBack(row));
    if (asked.keepPlace) await deps.closeOffer(head.id, asked.offer).catch(deps.onError);
    else await leaveQueue(head);
    return row;
  }

  async function checkOffered(head: ConversationHead, offer: WaitOffer): Promise<void> {
    if (head.status !== 'queued') {
      throw new Refusal(
        'conflict',
        'You do not have to wait any more: somebody is there, or the conversation is over.',
      );
    }
    const said = storedRouting(await deps.assignments.routingOf(head.id), head.queuedAt);
    if (said.offers[offer] === 'open') return;
    throw new Refusal('conflict', `offer: ${offer} is not offered now.`, { field: 'offer' });
  }

  /** What we knew already is not overwritten by what is typed into a form. */
  async function keepDetails(contactId: string, { name, phone, email }: ContactDetails): Promise<void> {
    const contact = await deps.contact(contactId);
    if (contact === undefined) return;
    const patch = {
      ...(name !== null && contact.name === '' ? { name } : {}),
      ...(phone !== null && contact.phone === undefined ? { phone } : {}),
      ...(email !== null && contact.email === undefined ? { email } : {}),
    };
    if (Object.keys(patch).length > 0) await conversations.patchContact(contactId, patch);
  }

  /** Unless an agent has it by now: then it is theirs, and the request stands beside it. */
  async function leaveQueue({ id, ownerEpoch }: ConversationHead): Promise<void> {
    try {
      await conversations.changeOwner({
        conversationId: id,
        expectEpoch: ownerEpoch,
        from: ['queued'],
        to: 'closed',
        why: 'answer-later',
      });
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
    }
  }

  async function step(id: string, wanted: CallBackStep, by: Author & { isSupervisor: boolean }): Promise<CallBackRow> {
    const row = await store.get(id);
    if (row === undefined) throw new Refusal('not-found', 'There is no such call-back.');
    if (!allowedFrom[wanted.kind].includes(row.state)) {
      throw new Refusal('conflict', `It is ${row.state} by now: look again, then decide.`);
    }
    const isOthers = row.state === 'taken' && row.agentId !== by.id;
    if (isOthers && !by.isSupervisor) throw new Refusal('forbidden', 'Somebody else has taken it: ask a supervisor.');
    const next = await change(row, after(row, wanted, by.id, clock.now()));
    await noteStep(next, wanted, by);
    return next;
  }

  async function change(row: CallBackRow, to: Partial<CallBackRow>): Promise<CallBackRow> {
    const next = { ...row, ...to, updatedAt: clock.now() };
    if (!(await store.change(row, next))) {
      throw new Refusal('conflict', 'Somebody else was faster: look again, then decide.');
    }
    const changed = (await store.get(row.id)) ?? next;
    deps.onChange(shownCallBack(changed));
    return changed;
  }

  async function withdraw(id: string, contactId: string): Promise<CallBackRow> {
    const row = await store.get(id);
    if (row?.contactId !== contactId) throw new Refusal('not-found', 'There is no such call-back.');
    if (row.state === 'cancelled') return row;
    if (!isPromised(row)) throw new Refusal('conflict', `It is ${row.state} by now: there is nothing to cancel.`);
    const next = await change(row, { state: 'cancelled' });
    await conversations
      .happened({
        conversationId: next.conversationId,
        clientId: `call-back-${id}-withdrawn`,
        content: {
          type: 'system',
          event: 'call-back.withdrawn',
          text: 'The customer does not want to be called back any more.',
          data: { kind: next.kind },
        },
      })
      .catch(deps.onError);
    return next;
  }

  function noteStep({ id, conversationId, tries, agentId }: CallBackRow, { kind }: CallBackStep, by: Author) {
    return conversations
      .happened({
        conversationId,
        clientId: `call-back-${id}-${kind}-${tries}-${clock.now()}`,
        content: {
          type: 'system',
          event: `call-back.${kind}`,
          text: `${by.name}: call-back ${stepWords[kind]}.`,
          data: { byId: by.id, byName: by.name, ...(agentId === null ? {} : { agentId }) },
        },
      })
      .catch(deps.onError);
  }

  return {
    request,
    step,
    promised: async (conversationId, contactId) =>
      (await store.of(conversationId)).filter((row) => row.contactId === contactId && isPromised(row)),
    withdraw,
  };
}

function isPromised({ state }: CallBackRow): boolean {
  return state === 'open' || state === 'taken';
}

const allowedFrom: Readonly<Record<CallBackStep['kind'], readonly CallBackState[]>> = {
  take: ['open', 'taken'],
  done: ['taken'],
  'no-answer': ['taken'],
  'give-back': ['taken'],
  cancel: ['open', 'taken'],
};

const stepWords: Readonly<Record<CallBackStep['kind'], string>> = {
  take: 'taken',
  done: 'done',
  'no-answer': 'not answered',
  'give-back': 'given back',
  cancel: 'cancelled',
};

function after(
  row: CallBackRow,
  step: CallBackStep,
  byId: string,
  now: number,
): Pick<CallBackRow, 'state'> & Partial<Pick<CallBackRow, 'agentId' | 'tries' | 'dueAt'>> {
  switch (step.kind) {
    case 'take':
      return { state: 'taken', agentId: byId };
    case 'done':
      return { state: 'done' };
    case 'cancel':
      return { state: 'cancelled' };
    case 'give-back':
      return { state: 'open', agentId: null };
    case 'no-answer': {
      const tries = row.tries + 1;
      if (tries >= maxTries) return { state: 'unreached', tries };
      return { state: 'open', agentId: null, tries, dueAt: Math.max(now, step.at ?? now + nextTryMs) };
    }
    default:
      return step satisfies never;
  }
}

/** @throws Refusal `bad-request` with the field */
function readRequest({ offer, at, note, ...given }: LaterRequest, now: number): ContactDetails {
  const details = readContactDetails(given);
  if (offer === 'call-back' && details.phone === null) {
    throw new Refusal('bad-request', 'phone: is needed to call you back.', { field: 'phone' });
  }
  if (details.phone === null && details.email === null) {
    throw new Refusal('bad-request', 'email: an e-mail address or a phone number is needed to answer you.', {
      field: 'email',
    });
  }
  if (offer === 'message-form' && (note ?? '').trim() === '') {
    throw new Refusal('bad-request', 'note: is empty.', { field: 'note' });
  }
  if (at !== undefined && (at < now - lateMs || at > now + farthestMs)) {
    throw new Refusal('bad-request', 'at: expected a time within the next 14 days.', { field: 'at' });
  }
  return details;
}
