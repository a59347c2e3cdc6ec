import type {
  CallBack,
  Conversation,
  Events,
  Participant,
  Presence,
  SenderType,
  SlaAlert,
} from '@parley/sdk/protocol.ts';
import type { ConversationHead } from './conversation-store.ts';

/**
 * What happened, told after the commit. Messages come as JSON text that was made once: whoever shows them passes it on
 * without making it again.
 */
export type DomainEvents = {
  'message.created': {
    readonly head: ConversationHead;
    readonly seq: number;
    readonly previousPublicSeq: number;
    readonly messageJson: string;
    readonly private: boolean;
    readonly direction: 'in' | 'out';
    readonly senderType: SenderType;
    /** The connection that sent it: it gets the answer and no event. */
    readonly origin: object | undefined;
  };
  'message.updated': {
    readonly conversationId: string;
    readonly messageJson: string;
    readonly private: boolean;
    readonly changes: number;
  };
  'conversation.changed': {
    readonly what: 'created' | 'updated' | 'assigned';
    readonly conversation: Conversation;
    /** Who had it before, so that their screens learn that it went. */
    readonly previousAssigneeId: string | null;
    /** Who took part before; absent: nobody. */
    readonly participantsBefore?: readonly Participant[];
    /** It is the agents' business alone: contacts hear nothing of it. */
    readonly isInternal?: boolean;
  };
  /** Status, owner or epoch moved: what the dispatcher listens to. `previousHolderId`: whose load it was until then. */
  /** The customer was quiet and has written: it takes the whole of its weight of its agent again, in hundredths. */
  'weight.changed': { readonly conversationId: string; readonly agentId: string; readonly weight: number };
  'owner.changed': { readonly head: ConversationHead; readonly previousHolderId: string | null };
  /** What counts for its place in the queue changed, or the group that it waits for: what the dispatcher listens to. */
  'queue.changed': { readonly conversationId: string };
  /** The customer wrote in a conversation that is snoozed: what the dispatcher listens to. */
  'snooze.ends': { readonly conversationId: string };
  /** The customer wrote in a conversation that the bot has: what the bot listens to. */
  'bot.asked': { readonly conversationId: string };
  /** An outbox row was written for the channel. */
  'outbox.filled': { readonly channelId: string };
  typing: {
    readonly conversationId: string;
    readonly by: SenderType;
    readonly name?: string;
    readonly on: boolean;
    /** Where it is an agent: their other windows are not told. */
    readonly agentId?: string;
    readonly origin: object | undefined;
  };
  read: {
    readonly conversationId: string;
    readonly by: 'contact' | 'agent';
    readonly seq: number;
    readonly origin: object | undefined;
  };
  /** An agent is asked whether they take a conversation, or no more, or has lost one: for their own windows. */
  offer: {
    readonly agentId: string;
    readonly what:
      | { readonly event: 'assignment.ended'; readonly data: Events['assignment.ended'] }
      | { readonly event: 'offer.made'; readonly data: Events['offer.made'] }
      | { readonly event: 'offer.ended'; readonly data: Events['offer.ended'] };
  };
  presence: {
    readonly agentId: string;
    readonly status: Presence;
    readonly reason?: string;
    readonly load: number;
    readonly used: number;
  };
  /** What an agent is asked, or told, about taking part in a conversation: for their own windows. */
  team: { readonly agentId: string; readonly what: TeamEvent };
  /** Clocks of conversations go another way: for the windows that show them. */
  'clocks.changed': { readonly conversationIds: readonly string[] };
  /** Time runs out in a conversation, or has run out. `toAct`: for whom it is to act as well; others only learn of it. */
  'sla.alert': {
    readonly event: 'sla.warned' | 'sla.breached';
    readonly alert: Omit<SlaAlert, 'toAct'>;
    /** Who has the conversation: it is for them to act. */
    readonly ownerId: string | null;
    readonly toAct: readonly string[];
    readonly others: readonly string[];
  };
  /** A customer is to be called back, or it is in another state: for all agents. */
  'call-back.changed': { readonly callBack: CallBack };
  /** An agent said which intent a customer's message had, or took it back. */
  'intent-label.changed': Events['intent-label.changed'];
  /** What another process published on a topic that somebody here wants to see (`Broadcast`). */
  heard: { readonly topic: string; readonly payload: string };
};
export type DomainEvent = keyof DomainEvents;

export type TeamEvent = {
  [K in 'invitation.made' | 'invitation.ended' | 'conversation.taken-over']: {
    readonly event: K;
    readonly data: Events[K];
  };
}['invitation.made' | 'invitation.ended' | 'conversation.taken-over'];

/** The one way that screens, dispatcher and outbox learn of what was committed. */
export interface EventBus {
  publish<K extends DomainEvent>(event: K, data: DomainEvents[K]): void;
  subscribe<K extends DomainEvent>(event: K, listener: (data: DomainEvents[K]) => void): () => void;
}

/**
 * The bus within one process: listeners run at once and in order. One that throws is reported and keeps no other from
 * hearing: the fact is committed, so nobody may fail because of a listener.
 */
export function createEventBus(onError: (error: unknown) => void): EventBus {
  const listeners: { [K in DomainEvent]?: ((data: DomainEvents[K]) => void)[] } = {};
  return {
    publish: (event, data) => {
      for (const listener of listeners[event] ?? []) {
        try {
          listener(data);
        } catch (error) {
          onError(error);
        }
      }
    },
    subscribe: <K extends DomainEvent>(event: K, listener: (data: DomainEvents[K]) => void) => {
      listeners[event] ??= [];
      const list = listeners[event] as ((data: DomainEvents[K]) => void)[];
      list.push(listener);
      return () => {
        const at = list.indexOf(listener);
        if (at >= 0) list.splice(at, 1);
      };
    },
  };
}
