import type { Content, Message, MessageState } from '../protocol.ts';

/** What the server has of one socket: where it writes to. */
export interface Endpoint {
  send(text: string): void;
  close(code: number, reason: string): void;
}
/** What the network has of one socket: where it delivers to. */
export interface ServerSocket {
  receive(text: string): void;
  /** The client closed it, or it broke. */
  closed(): void;
}

/**
 * A server that clients are simulated against: the model, or the real hub over a real store. The simulation owns
 * network and time; the server may work asynchronously, as long as `settle` waits for it.
 */
export interface ServerUnderTest {
  /** The store's epoch, as in `hello`. */
  readonly epoch: string;
  /** A socket was opened; the server sends `hello` on its own account. Tokens: see `tokenOf`. */
  connect(role: 'visitor' | 'agent', token: string, endpoint: Endpoint): ServerSocket;
  /** Everything that was begun is done, and its frames are handed to the endpoints. */
  settle(): Promise<void>;
  /** Conversations that exist now. */
  conversations(): Promise<readonly string[]>;
  /** An entry that comes from elsewhere: the bot, another channel, a note. */
  append(conversationId: string, entry: { text: string; private: boolean }): Promise<void>;
  /** The delivery state of a stored entry changes. */
  change(conversationId: string, seq: number, state: MessageState): Promise<void>;
  /** All that this reader may see, in order. */
  history(role: 'visitor' | 'agent', conversationId: string): Promise<Message[]>;
  /** `GET …/messages?before=&limit=` as this reader gets it. */
  olderThan(role: 'visitor' | 'agent', conversationId: string, before: number, limit: number): Promise<Message[]>;
  /** The process goes away and comes back: sockets close, what was committed stays. */
  restart(): Promise<void>;
  /** The store is restored from an older copy: a new epoch. Answers the client ids that are lost. Optional. */
  restore?(): Promise<readonly string[]>;
  /** The next request of this kind is refused with this code, once. Optional. */
  refuseNext?(type: 'message.send' | 'sync', code: string): void;
}

/** A text that the server must refuse for good (`content-invalid`), so that failed messages occur. */
export const refusedText = '';

export function textOf(content: Content): string {
  return content.type === 'text' ? content.text : '';
}
