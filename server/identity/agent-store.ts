/** One agent as it is stored. */
export interface AgentRecord {
  readonly id: string;
  /** Lower case. */
  readonly email: string;
  readonly name: string;
  readonly role: 'admin' | 'supervisor' | 'agent';
  readonly passwordHash: string;
  readonly enabled: boolean;
  /** How many open conversations the agent may hold by assignment. */
  readonly capacity: number;
  readonly createdAt: number;
}

/** A sign-in. Only the token's hash is stored: who reads the database cannot sign in with it. */
export interface SessionRecord {
  readonly tokenHash: string;
  readonly agentId: string;
  readonly createdAt: number;
  readonly expiresAt: number;
}

export interface AgentStore {
  all(): Promise<AgentRecord[]>;
  /** False when the e-mail is taken. */
  insert(agent: AgentRecord): Promise<boolean>;
  update(agent: AgentRecord): Promise<void>;
  insertSession(session: SessionRecord): Promise<void>;
  session(tokenHash: string): Promise<SessionRecord | undefined>;
  removeSession(tokenHash: string): Promise<void>;
  /** Of these sign-ins the ones that are there. */
  aliveSessions(tokenHashes: readonly string[]): Promise<string[]>;
  /** All sign-ins of an agent, but for one. */
  removeSessionsOf(agentId: string, exceptTokenHash?: string): Promise<void>;
  removeExpiredSessions(now: number): Promise<void>;
}
