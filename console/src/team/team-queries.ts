import type { Conversation, Invitation, Message, Participant } from '@parley/sdk/protocol.ts';
import { queryOptions } from '@tanstack/react-query';
import { api } from '../app/api.ts';

/** An invitation, and when it ends by this window's own clock. */
export type TimedInvitation = Invitation & { readonly endsAt: number };

/** The two clocks may differ: what was just made has all of its time. */
export function timedInvitation(invitation: Invitation, remainingMs = invitation.timeoutMs): TimedInvitation {
  return { ...invitation, endsAt: Date.now() + Math.min(invitation.timeoutMs, Math.max(0, remainingMs)) };
}

/** What this agent is asked into; followed live. */
export const invitationsQuery = queryOptions({
  queryKey: ['invitations'],
  queryFn: async ({ signal }): Promise<readonly TimedInvitation[]> => {
    const { items } = await api.call<{ items: Invitation[] }>('GET', '/api/v1/invitations', undefined, { signal });
    return items.map((each) => timedInvitation(each, each.expiresAt - Date.now()));
  },
  staleTime: Number.POSITIVE_INFINITY,
  retry: 3,
});

/** The conversations of others in which this agent takes part; followed live. */
export const participationsQuery = queryOptions({
  queryKey: ['participations'],
  queryFn: async ({ signal }): Promise<readonly Conversation[]> =>
    (await api.call<{ items: Conversation[] }>('GET', '/api/v1/participations', undefined, { signal })).items,
  staleTime: Number.POSITIVE_INFINITY,
  retry: 3,
});

/** How the agent takes part; undefined: they do not, or are only asked. */
export function partOf(conversation: Conversation | undefined, agentId: string): Participant | undefined {
  return conversation?.participants?.find((each) => each.agentId === agentId && each.askedUntil === undefined);
}

const pathOf = (id: string) => `/api/v1/conversations/${encodeURIComponent(id)}`;

export function invite(id: string, body: { agentId: string; note?: string }): Promise<Participant> {
  return api.call('POST', `${pathOf(id)}/invitations`, body);
}

export function answerInvitation(id: string, answer: 'accept' | 'decline'): Promise<Conversation> {
  return api.call('POST', `${pathOf(id)}/invitations/${answer}`);
}

export function endParticipation(id: string, agentId: string): Promise<Conversation> {
  return api.call('DELETE', `${pathOf(id)}/participants/${encodeURIComponent(agentId)}`);
}

export function enter(id: string, how: 'listen' | 'join'): Promise<Conversation> {
  return api.call('POST', `${pathOf(id)}/${how}`);
}

export function whisper(id: string, text: string): Promise<Message> {
  return api.call('POST', `${pathOf(id)}/whispers`, { clientId: `whisper-${crypto.randomUUID()}`, text });
}

export function takeOver(
  id: string,
  body: { ownerEpoch: number; formerStays: boolean; override: boolean },
): Promise<Conversation> {
  return api.call('POST', `${pathOf(id)}/take-over`, body);
}
