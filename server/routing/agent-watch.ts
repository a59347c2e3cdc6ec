import type { Presence } from '@parley/sdk/protocol.ts';
import type { AgentFacts } from './routing-facts.ts';

/** What the dispatcher asks about agents. */
export interface AgentDirectory {
  all(): Iterable<DirectoryAgent>;
  get(id: string): DirectoryAgent | undefined;
  /** What counts for new work: who lost the connection a moment ago is not online. */
  presence(agentId: string): Presence;
}
export interface DirectoryAgent {
  readonly id: string;
  readonly name: string;
  readonly enabled: boolean;
  readonly capacity: number;
}

/** Notices what has changed about agents, and since when they are there. */
export interface AgentWatch {
  /** @param anew also when nothing has changed: what is known of them by other ways has */
  look(agentId: string, anew?: boolean): void;
  /** @returns who has changed */
  lookAtAll(): string[];
  /** Who is there by now was there before; who comes from now on comes then. */
  begin(): void;
}

export function createAgentWatch(deps: {
  agents: AgentDirectory;
  now: () => number;
  onChange: (facts: AgentFacts) => void;
}): AgentWatch {
  const { agents } = deps;
  const shown = new Map<string, { text: string; isOnline: boolean; since: number }>();
  let hasBegun = false;

  /** @returns whether something has */
  function look(agentId: string, anew = false): boolean {
    const agent = agents.get(agentId);
    if (agent === undefined) return false;
    const { id, name, enabled, capacity } = agent;
    const presence = agents.presence(id);
    const text = `${enabled} ${capacity} ${presence} ${name}`;
    const known = shown.get(id);
    if (known?.text === text && !anew) return false;
    const isOnline = presence === 'online';
    const comes = isOnline && known?.isOnline !== true;
    const since = comes ? (hasBegun ? deps.now() : 0) : (known?.since ?? 0);
    shown.set(id, { text, isOnline, since });
    deps.onChange({ id, name, enabled, capacity, presence, onlineSince: since });
    return true;
  }

  return {
    look: (agentId, anew) => {
      look(agentId, anew);
    },
    lookAtAll: () => [...agents.all()].flatMap(({ id }) => (look(id) ? [id] : [])),
    begin: () => {
      hasBegun = true;
    },
  };
}
