import { ActionIcon, Button, Menu, ScrollArea, Text } from '@mantine/core';
import type { Agent, Conversation } from '@parley/sdk/protocol.ts';
import {
  IconArrowBackUp,
  IconArrowForwardUp,
  IconCheck,
  IconChevronDown,
  IconHandGrab,
  IconRobot,
  IconUserPlus,
  IconUsersPlus,
} from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import type { RefObject } from 'react';
import { useTranslation } from 'react-i18next';
import { agentsQuery } from '../agents/agent-queries.ts';
import { byReadiness } from '../agents/by-readiness.ts';
import { loadOf } from '../agents/load.ts';
import { PresenceDot } from '../realtime/presence-dot.tsx';
import { usePresenceWords } from '../realtime/presence-words.ts';
import { isSupervisor, useMe } from '../session/session.ts';
import styles from './conversation-pane.module.css';
import type { ConversationActions } from './use-conversation-actions.tsx';

type AssignMenuProps = {
  conversation: Conversation;
  actions: ConversationActions;
  target: RefObject<HTMLButtonElement | null>;
  compact: boolean;
};

/** Who has the conversation, and everybody who could have it instead. */
export function AssignMenu({ conversation, actions, target, compact }: AssignMenuProps) {
  const { t } = useTranslation();
  const me = useMe();
  const { data: agents = [] } = useQuery(agentsQuery);
  const { assigneeId } = conversation;
  const isMine = assigneeId === me.id;
  const assignee = agents.find((agent) => agent.id === assigneeId);
  const name = assigneeId === null ? t('conversation.nobody') : (assignee?.name ?? t('conversation.formerAgent'));
  // What is called begins with what is read: who says it aloud to the machine says what stands there.
  const label = assigneeId === null ? `${name}: ${t('conversation.assign')}` : t('conversation.assignedTo', { name });
  const isHeld = conversation.status === 'agent' || conversation.status === 'snoozed';
  // The server says the same: who has it passes it on, or a supervisor.
  const mayMove = isMine || !isHeld || isSupervisor(me);
  const others = agents.filter((agent) => agent.enabled && agent.id !== me.id).toSorted(byReadiness);
  return (
    <Menu position="bottom-end" width={270} shadow="md">
      <Menu.Target>
        {compact ? (
          <ActionIcon ref={target} variant="subtle" color="gray" aria-label={label}>
            <IconUserPlus size={19} />
          </ActionIcon>
        ) : (
          <Button
            ref={target}
            size="xs"
            variant="default"
            className={styles.assign}
            aria-label={label}
            rightSection={<IconChevronDown size={14} />}
          >
            <span className={styles.assignName}>{name}</span>
          </Button>
        )}
      </Menu.Target>
      <Menu.Dropdown>
        {!mayMove && <Menu.Label>{t('conversation.heldByColleague', { name })}</Menu.Label>}
        {mayMove && !isMine && (
          <Menu.Item leftSection={<IconHandGrab size={16} />} onClick={() => actions.assign(me)}>
            {t('conversation.takeIt')}
          </Menu.Item>
        )}
        {mayMove && conversation.status === 'agent' && (
          <Menu.Item leftSection={<IconArrowBackUp size={16} />} onClick={actions.giveBack}>
            {t('conversation.giveBack')}
          </Menu.Item>
        )}
        {mayMove && (conversation.status === 'agent' || conversation.status === 'queued') && (
          <Menu.Item leftSection={<IconRobot size={16} />} onClick={actions.giveToBot}>
            {t('dialogue.handToBot')}
          </Menu.Item>
        )}
        {mayMove && conversation.status !== 'closed' && (
          <Menu.Item leftSection={<IconArrowForwardUp size={16} />} onClick={actions.passOn}>
            {t('transfer.open')}
          </Menu.Item>
        )}
        {isMine && conversation.status === 'agent' && (
          <Menu.Item leftSection={<IconUsersPlus size={16} />} onClick={actions.invite}>
            {t('team.invite')}
          </Menu.Item>
        )}
        {mayMove && others.length > 0 && (
          <>
            <Menu.Divider />
            <Menu.Label>{t('conversation.assignTo')}</Menu.Label>
            <ScrollArea.Autosize mah={300} type="auto">
              {others.map((agent) => (
                <AgentItem
                  key={agent.id}
                  agent={agent}
                  chosen={agent.id === assigneeId}
                  onChoose={() => actions.assign(agent)}
                />
              ))}
            </ScrollArea.Autosize>
          </>
        )}
      </Menu.Dropdown>
    </Menu>
  );
}

function AgentItem({ agent, chosen, onChoose }: { agent: Agent; chosen: boolean; onChoose: () => void }) {
  const presenceWords = usePresenceWords();
  return (
    <Menu.Item
      leftSection={<PresenceDot presence={agent.presence} />}
      rightSection={
        chosen ? (
          <IconCheck size={14} />
        ) : (
          <Text size="xs" c="dimmed">
            {loadOf(agent)}
          </Text>
        )
      }
      disabled={chosen}
      onClick={onChoose}
    >
      {agent.name}
      <Text size="xs" c="dimmed">
        {presenceWords(agent)}
      </Text>
    </Menu.Item>
  );
}
