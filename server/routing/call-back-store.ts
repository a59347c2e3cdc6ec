import type { CallBack, CallBackState, Page } from '@parley/sdk/protocol.ts';

/** A request as it is kept. `clientId`: what makes a repeat of it have the effect of once. */
export interface CallBackRow extends Readonly<CallBack> {
  readonly clientId: string;
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

/** As agents see it. */
export function shownCallBack({ clientId: _, ...row }: CallBackRow): CallBack {
  return row;
}
