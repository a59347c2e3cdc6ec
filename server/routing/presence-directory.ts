import type { Presence } from '@parley/sdk/protocol.ts';

/** What an agent chose to be, and why, in a word of theirs or a key that the console knows. */
export interface PresenceChoice {
  readonly status: Presence;
  readonly reason: string | null;
}

/** What one process knows of an agent's presence there. */
export interface OwnPresence {
  readonly sockets: number;
  /** Nobody has touched anything at these windows for a while. */
  readonly isIdle: boolean;
  readonly chosen: PresenceChoice;
}

/** What the other processes together know. */
export interface PresenceElsewhere {
  readonly sockets: number;
  /** At all windows there. */
  readonly isIdle: boolean;
  /** What the agent chose there, if that is newer. */
  readonly chosen?: PresenceChoice;
}

/** Which agents have sockets on which process. What a process that died had announced vanishes after a stated time. */
export interface PresenceDirectory {
  /** Sockets here, whether somebody is at them, or the agent's choice, are others now. */
  announce(agentId: string, own: OwnPresence): void;
  /**
   * Begins to tell what the other processes have, of each agent of whom it is something else now. Resolves when what was
   * there before has been told.
   */
  start(seen: (agentId: string, elsewhere: PresenceElsewhere) => void): Promise<void>;
  /** Takes back everything that was announced here. */
  stop(): Promise<void>;
}

/** The directory of a process that is alone. */
export const noDirectory: PresenceDirectory = {
  announce: () => undefined,
  start: async () => undefined,
  stop: async () => undefined,
};
