import { Button, Group, Modal, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import type { Agent, Conversation, Priority } from '@parley/sdk/protocol.ts';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { usedOf } from '../agents/load.ts';
import { hasCode } from '../app/api.ts';
import { notify, notifyFailure } from '../app/notify.ts';
import { placeEverywhere } from '../realtime/follow-lists.ts';
import { useMe } from '../session/session.ts';
import { InviteDialog } from '../team/invite-dialog.tsx';
import { GiveToBotDialog } from '../transfer/give-to-bot-dialog.tsx';
import { TransferDialog } from '../transfer/transfer-dialog.tsx';
import { type ConversationPatch, patchConversation } from './conversation-queries.ts';

export interface ConversationActions {
  readonly busy: boolean;
  toggleResolved(): void;
  /** @param onDone when it is resolved, or was */
  resolve(onDone: () => void): void;
  assign(agent: Agent): void;
  giveBack(): void;
  /** Asks what the bot shall do. */
  giveToBot(): void;
  /** Asks to whom. */
  passOn(): void;
  /** Asks whom. */
  invite(): void;
  setPriority(priority: Priority): void;
  setTags(tags: string[]): void;
  /** To be rendered somewhere: what has to be asked first. */
  readonly dialogs: ReactNode;
}

/** What an agent can do with the conversation. */
export function useConversationActions(conversation: Conversation | undefined): ConversationActions {
  const { t } = useTranslation();
  const queryClient = useQueryClient();
  const { id: ownId } = useMe();
  const [refused, setRefused] = useState<{ agent: Agent; why: 'full' | 'rule' }>();
  const [isPassing, setPassing] = useState(false);
  const [isGiving, setGiving] = useState(false);
  const [isInviting, setInviting] = useState(false);
  const change = useMutation({
    mutationFn: ({ id, patch }: { id: string; patch: ConversationPatch; agent?: Agent }) =>
      patchConversation(id, patch),
    onSuccess: (changed) => placeEverywhere(queryClient, changed, ownId),
    onError: (error, { agent }) => {
      if (hasCode(error, 'capacity-reached') && agent !== undefined) setRefused({ agent, why: 'full' });
      else if (hasCode(error, 'against-rule') && agent !== undefined) setRefused({ agent, why: 'rule' });
      else if (hasCode(error, 'conflict')) notifyFailure(new Error(t('conversation.conflict')));
      else notifyFailure(error);
    },
  });

  function act(patch: ConversationPatch, options: { agent?: Agent; onDone?: () => void } = {}): void {
    if (conversation === undefined) return;
    const { agent, onDone } = options;
    const input = { id: conversation.id, patch, ...(agent !== undefined && { agent }) };
    change.mutate(input, { onSuccess: () => onDone?.() });
  }
  /** Whoever decides who has it must have seen who has it. */
  const epoch = () => ({ ownerEpoch: conversation?.ownerEpoch ?? 0 });

  function offerUndo(id: string): void {
    const message = (
      <Group justify="space-between">
        {t('conversation.resolved')}
        <Button
          size="compact-xs"
          variant="light"
          onClick={() => {
            notifications.hide(`resolved-${id}`);
            change.mutate({ id, patch: { status: 'queued' } });
          }}
        >
          {t('conversation.undo')}
        </Button>
      </Group>
    );
    notify({ id: `resolved-${id}`, message, autoClose: 6_000 });
  }

  return {
    busy: change.isPending,
    toggleResolved() {
      if (conversation === undefined || change.isPending) return;
      const { id, status } = conversation;
      if (status === 'closed') act({ status: 'queued', ...epoch() });
      else act({ status: 'closed', ...epoch() }, { onDone: () => offerUndo(id) });
    },
    resolve(onDone) {
      if (conversation === undefined || change.isPending) return;
      const { id, status } = conversation;
      if (status === 'closed') onDone();
      else
        act(
          { status: 'closed', ...epoch() },
          {
            onDone: () => {
              offerUndo(id);
              onDone();
            },
          },
        );
    },
    assign: (agent) => act({ assigneeId: agent.id, ...epoch() }, { agent }),
    passOn: () => setPassing(true),
    invite: () => setInviting(true),
    giveToBot: () => setGiving(true),
    giveBack: () => act({ assigneeId: null, ...epoch() }),
    setPriority: (priority) => act({ priority }),
    setTags: (tags) => act({ tags }),
    dialogs: (
      <>
        <OverrideDialog
          refused={refused}
          onClose={() => setRefused(undefined)}
          onConfirm={(agent) => act({ assigneeId: agent.id, override: true, ...epoch() })}
        />
        {conversation !== undefined && (
          <>
            <TransferDialog conversation={conversation} opened={isPassing} onClose={() => setPassing(false)} />
            <GiveToBotDialog conversation={conversation} opened={isGiving} onClose={() => setGiving(false)} />
            <InviteDialog conversation={conversation} opened={isInviting} onClose={() => setInviting(false)} />
          </>
        )}
      </>
    ),
  };
}

/** What keeps the agent from it, and whether it is meant all the same. */
function OverrideDialog(props: {
  refused: { agent: Agent; why: 'full' | 'rule' } | undefined;
  onClose: () => void;
  onConfirm: (agent: Agent) => void;
}) {
  const { t } = useTranslation();
  const { refused, onClose, onConfirm } = props;
  const title = t(refused?.why === 'rule' ? 'conversation.ruleTitle' : 'conversation.capacityTitle');
  return (
    <Modal
      closeButtonProps={{ 'aria-label': t('app.close') }}
      opened={refused !== undefined}
      onClose={onClose}
      title={title}
      size="sm"
    >
      {refused !== undefined && (
        <>
          <Text size="sm">
            {refused.why === 'rule'
              ? t('conversation.ruleText', { name: refused.agent.name })
              : t('conversation.capacityText', {
                  name: refused.agent.name,
                  load: usedOf(refused.agent),
                  capacity: refused.agent.capacity,
                })}
          </Text>
          <Group justify="flex-end" mt="lg">
            <Button variant="default" onClick={onClose}>
              {t('app.cancel')}
            </Button>
            <Button
              onClick={() => {
                onClose();
                onConfirm(refused.agent);
              }}
            >
              {t('conversation.assignAnyway')}
            </Button>
          </Group>
        </>
      )}
    </Modal>
  );
}
