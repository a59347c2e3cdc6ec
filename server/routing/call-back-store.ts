import type { Page } from '@parley/sdk/protocol.ts';

export const callBackStates = ['open', 'taken', 'done', 'unreached', 'cancelled'] as const;
export type CallBackState = (typeof callBackStates)[number];

/** Somebody who chose not to wait: to be called back, or to be answered later. */
export interface CallBackRow {
  readonly id: string;
  readonly conversationId: string;
  readonly contactId: string;
  /** What makes a repeat of the request have the effect of once. */
  readonly clientId: string;
  readonly kind: 'call-back' | 'message';
  readonly name: string | null;
  readonly phone: string | null;
  readonly email: string | null;
  readonly note: string | null;
  readonly dueAt: number;
  readonly state: CallBackState;
  /** Times that nobody answered. */
  readonly tries: number;
  /** Who has taken it, or had it last. */
  readonly agentId: string | null;
  readonly createdAt: number;
  readonly updatedAt: number;
}

export interface CallBackStore {
  /** Keeps a request. @returns what is kept of it: the first one, when it is a repeat */
  add(row: CallBackRow): Promise<CallBackRow>;
  get(id: string): Promise<CallBackRow | undefined>;
  /** The one that this request has led to. */
  find(conversationId: string, clientId: string): Promise<CallBackRow | undefined>;
  /** Those of a conversation, newest first: a hundred at most. */
  of(conversationId: string): Promise<CallBackRow[]>;
  /** In the order in which they are due. */
  list(state: CallBackState, page: { cursor?: string; limit: number }): Promise<Page<CallBackRow>>;
  /** @returns false: it is not as it was thought to be any more; nothing has changed */
  change(
    was: Pick<CallBackRow, 'id' | 'state' | 'updatedAt'>,
    to: Pick<CallBackRow, 'state' | 'dueAt' | 'tries' | 'agentId' | 'updatedAt'>,
  ): Promise<boolean>;
}
