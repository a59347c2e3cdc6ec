import type { SystemContent } from '@parley/sdk/protocol.ts';
import type { Author } from '../conversation/conversations.ts';

/** What the timeline tells agents about who takes part; `by`: whoever did it, where that is not the agent. */
const texts = {
  'participant.invited': (agent, by) => `${by} asked ${agent} to help.`,
  'participant.came': (agent) => `${agent} came to help.`,
  'participant.declined': (agent) => `${agent} declined to help.`,
  'participant.missed': (agent) => `${agent} was asked to help and did not answer in time.`,
  'participant.withdrawn': (agent, by) => `${by} asks ${agent} no longer.`,
  'participant.left': (agent) => `${agent} takes part no longer.`,
  'participant.removed': (agent, by) => `${by} ended that ${agent} takes part.`,
  'participant.listening': (agent) => `${agent} is listening.`,
  'participant.joined': (agent) => `${agent} joined as a supervisor.`,
  'conversation.taken-over': (agent, by) => `${by} took the conversation over from ${agent}.`,
} satisfies Record<string, (agent: string, by: string) => string>;

export type TeamEntry = keyof typeof texts;

export function teamEntry(event: TeamEntry, agent: Author, by: Author = agent, note?: string): SystemContent {
  return {
    type: 'system',
    event,
    text: texts[event](agent.name, by.name),
    data: {
      byId: by.id,
      byName: by.name,
      agentId: agent.id,
      agentName: agent.name,
      ...(note === undefined ? {} : { note }),
    },
  };
}
