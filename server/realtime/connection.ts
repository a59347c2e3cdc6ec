/** A way to one screen: a WebSocket, a long-poll session, or a pair of ends in a test. */
export interface FrameSocket {
  /** Frames of one turn of the event loop, in order: written with one system call where the transport can. */
  write(frames: readonly string[]): void;
  /** Bytes that were handed over and have not left yet. */
  bufferedBytes(): number;
  close(code: number, reason: string): void;
}

export type Principal = VisitorPrincipal | AgentPrincipal;
export interface VisitorPrincipal {
  readonly role: 'visitor';
  readonly contactId: string;
  readonly contactName: string | undefined;
  readonly channelId: string;
  /** Epoch milliseconds; the socket is closed then. */
  readonly expiresAt: number;
}
export interface AgentPrincipal {
  readonly role: 'agent';
  readonly agentId: string;
  readonly name: string;
  /** Which sign-in this is, so that ending it ends its sockets. */
  readonly sessionKey: string;
  readonly expiresAt: number;
}

/** One open socket and what it follows. Kept small: there are many thousands that only wait. */
export class Connection {
  readonly principal: Principal;
  readonly socket: FrameSocket;
  /** Frames of this turn. */
  outgoing: string[] = [];
  open = true;
  /** When the client was last heard of, on the clock that nobody sets. */
  heardAt = 0;
  /** The hello has left: nothing may stand before it. */
  greeted = false;
  held: string[] | undefined;
  /** Requests that have not been answered: bounded, so that a client cannot pile up work. */
  underway = 0;
  /** Agents: conversations whose view is open. */
  follows: Set<string> | undefined;
  /** Agents: the list on the screen. */
  view: 'mine' | 'queue' | 'all' = 'queue';
  constructor(principal: Principal, socket: FrameSocket) {
    this.principal = principal;
    this.socket = socket;
  }
}
