/** Who takes part in which conversations, by agent. Changed by `ConversationStore.append` alone. */
export interface ParticipationStore {
  /** The newest conversations in which the agent takes part, or is asked to. */
  of(agentId: string, limit: number): Promise<string[]>;
  /** Invitations whose time is over, those first that are over longest. */
  over(now: number, limit: number): Promise<OverInvitation[]>;
  /** When the next one's time is over; undefined: nobody is being asked. */
  nextEnd(): Promise<number | undefined>;
}

export interface OverInvitation {
  readonly conversationId: string;
  readonly agentId: string;
  readonly askedUntil: number;
}
