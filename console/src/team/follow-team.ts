import type { ParleyClient } from '@parley/sdk/client-api.ts';
import type { Conversation } from '@parley/sdk/protocol.ts';
import type { QueryClient } from '@tanstack/react-query';
import { invitationsQuery, participationsQuery, partOf, timedInvitation } from './team-queries.ts';

/** Keeps what this agent is asked into, and takes part in, up to date. Answers what ends it. */
export function followTeam(client: ParleyClient, queryClient: QueryClient, agentId: string): () => void {
  const ends = [
    client.on('event', (frame) => {
      if (frame.event === 'invitation.made') {
        const { invitation } = frame.data;
        queryClient.setQueryData(invitationsQuery.queryKey, (known = []) => [
          ...known.filter(({ conversationId }) => conversationId !== invitation.conversationId),
          timedInvitation(invitation),
        ]);
      } else if (frame.event === 'invitation.ended') {
        if (frame.data.agentId === agentId) forgetInvitation(queryClient, frame.data.conversationId);
      } else if (
        frame.event === 'conversation.created' ||
        frame.event === 'conversation.updated' ||
        frame.event === 'conversation.assigned'
      ) {
        placeParticipation(queryClient, frame.data.conversation, agentId);
      }
    }),
    client.on('stale', () => {
      void queryClient.invalidateQueries({ queryKey: invitationsQuery.queryKey });
      void queryClient.invalidateQueries({ queryKey: participationsQuery.queryKey });
    }),
  ];
  return () => {
    for (const end of ends) end();
  };
}

export function forgetInvitation(queryClient: QueryClient, id: string): void {
  queryClient.setQueryData(invitationsQuery.queryKey, (known) =>
    known?.filter(({ conversationId }) => conversationId !== id),
  );
}

/** What is now known of a conversation: in the list of those in which the agent takes part, or out of it. */
export function placeParticipation(queryClient: QueryClient, conversation: Conversation, agentId: string): void {
  const { id, participants = [] } = conversation;
  if (!participants.some((each) => each.agentId === agentId && each.askedUntil !== undefined)) {
    forgetInvitation(queryClient, id);
  }
  const isPart = partOf(conversation, agentId) !== undefined;
  queryClient.setQueryData(participationsQuery.queryKey, (known) => {
    if (known === undefined) return known;
    const before = known.find((each) => each.id === id);
    if (before !== undefined && before.updatedAt > conversation.updatedAt) return known;
    if (before === undefined) return isPart ? [conversation, ...known] : known;
    return isPart
      ? known.map((each) => (each === before ? conversation : each))
      : known.filter((each) => each !== before);
  });
}
