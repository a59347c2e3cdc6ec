import type { Presence } from '@parley/sdk/protocol.ts';

/** What one process knows of an agent's presence there. */
export interface OwnPresence {
  readonly sockets: number;
  readonly chosen: Presence;
}

/** Which agents have sockets on which process. What a process that died had announced vanishes after a stated time. */
export interface PresenceDirectory {
  /** Sockets here, or the agent's choice, are others now. */
  announce(agentId: string, own: OwnPresence): void;
  /**
   * Begins to tell what the other processes have: the number of the agent's sockets there, and what it chose if that was
   * not here. Resolves when what was there before has been told.
   */
  start(seen: (agentId: string, elsewhere: { sockets: number; chosen?: Presence }) => void): Promise<void>;
  /** Takes back everything that was announced here. */
  stop(): Promise<void>;
}

/** The directory of a process that is alone. */
export const noDirectory: PresenceDirectory = {
  announce: () => undefined,
  start: async () => undefined,
  stop: async () => undefined,
};
