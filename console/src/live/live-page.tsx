import { Button, Group, Select, Text } from '@mantine/core';
import type { Conversation } from '@parley/sdk/protocol.ts';
import { IconActivity, IconEar } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { agentsQuery, useAgent } from '../agents/agent-queries.ts';
import { EmptyState } from '../app/empty-state.tsx';
import { Face } from '../app/face.tsx';
import { notifyFailure } from '../app/notify.ts';
import { Page } from '../app/page.tsx';
import { PagedList } from '../app/paged-list.tsx';
import { ChannelIcon } from '../channels/channel-icon.tsx';
import { useContactName } from '../contacts/contact-queries.ts';
import { useMe } from '../session/session.ts';
import { placeParticipation } from '../team/follow-team.ts';
import { enter, partOf } from '../team/team-queries.ts';
import { groupsQuery } from '../transfer/group-queries.ts';
import { useNow, useTimeWords } from '../words/time.ts';
import styles from './live.module.css';
import { useLive } from './use-live.ts';

/** From here on a waiting time is shown as urgent. */
const longWaitMs = 5 * 60_000;

/** For supervisors: which conversations agents have now, to look into. */
export function LivePage() {
  const { t } = useTranslation();
  const filter = useSearch({ from: '/signed-in/live' });
  const { query, conversations } = useLive(filter);
  return (
    <Page title={t('live.title')} intro={t('live.intro')}>
      <Filters />
      <PagedList
        query={query}
        items={conversations}
        failed={t('live.loadFailed')}
        empty={<EmptyState icon={<IconActivity size={22} />} title={t('live.empty')} hint={t('live.emptyHint')} />}
      >
        {(shown) => (
          <ul className={styles.list} aria-label={t('live.title')}>
            {shown.map((each) => (
              <Entry key={each.id} conversation={each} />
            ))}
          </ul>
        )}
      </PagedList>
    </Page>
  );
}

function Filters() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const { agent, group } = useSearch({ from: '/signed-in/live' });
  const { data: agents = [] } = useQuery(agentsQuery);
  const { data: groups = [] } = useQuery(groupsQuery);
  const choose = (chosen: { agent?: string | null; group?: string | null }) => {
    const next = { agent, group, ...chosen };
    void navigate({
      to: '/live',
      search: {
        ...(next.agent === null || next.agent === undefined ? {} : { agent: next.agent }),
        ...(next.group === null || next.group === undefined ? {} : { group: next.group }),
      },
      replace: true,
    });
  };
  return (
    <Group mb="md" gap="sm" align="flex-end" className={styles.filters}>
      <Select
        label={t('live.agent')}
        placeholder={t('live.allAgents')}
        data={agents.map(({ id, name }) => ({ value: id, label: name }))}
        value={agent ?? null}
        onChange={(value) => choose({ agent: value })}
        clearable
        searchable
      />
      {groups.length > 0 && (
        <Select
          label={t('live.group')}
          placeholder={t('live.allGroups')}
          data={groups.map(({ id, name }) => ({ value: id, label: name }))}
          value={group ?? null}
          onChange={(value) => choose({ group: value })}
          clearable
          searchable
        />
      )}
    </Group>
  );
}

function Entry({ conversation }: { conversation: Conversation }) {
  const { t } = useTranslation();
  const { ago } = useTimeWords();
  const now = useNow(5_000);
  const { contact, assigneeId, createdAt } = conversation;
  const name = useContactName(contact);
  return (
    <li className={styles.entry}>
      <Face id={contact.id} name={name} url={contact.avatarUrl} size={34} />
      <div className={styles.what}>
        <span className={styles.name}>{name}</span>
        <Text size="xs" c="dimmed" className={styles.facts}>
          <ChannelIcon type={conversation.channelType} size={13} />
          <Owner id={assigneeId} />
          <span>{t('live.age', { age: ago(now - createdAt) })}</span>
          <Others conversation={conversation} />
        </Text>
        {conversation.lastMessage !== undefined && (
          <Text size="sm" lineClamp={1} className={styles.words}>
            {conversation.lastMessage.preview}
          </Text>
        )}
      </div>
      <Wait since={conversation.waitingSince} now={now} />
      <ListenIn conversation={conversation} name={name} />
    </li>
  );
}

/** Who has it. What stays with somebody who is gone is for a supervisor to pass on, if they do not come back to it. */
function Owner({ id }: { id: string | null }) {
  const { t } = useTranslation();
  const agent = useAgent(id);
  if (agent?.presence !== 'offline') return <span>{agent?.name ?? t('conversation.formerAgent')}</span>;
  return <span className={styles.gone}>{t('live.gone', { name: agent.name })}</span>;
}

/** Who takes part beside the one who has it. */
function Others({ conversation }: { conversation: Conversation }) {
  const { t, i18n } = useTranslation();
  const { data: agents = [] } = useQuery(agentsQuery);
  const there = (conversation.participants ?? []).filter(({ askedUntil }) => askedUntil === undefined);
  if (there.length === 0) return null;
  const names = there.map(({ agentId }) => agents.find(({ id }) => id === agentId)?.name ?? t('message.agent'));
  return <span>{t('live.beside', { names: names.join(i18n.language.startsWith('zh') ? '、' : ', ') })}</span>;
}

function Wait({ since, now }: { since: number | undefined; now: number }) {
  const { t } = useTranslation();
  const { span } = useTimeWords();
  if (since === undefined) return <span className={styles.wait}>{t('live.answered')}</span>;
  return (
    <span className={styles.wait} data-waits data-long={now - since >= longWaitMs || undefined}>
      {t('live.waits', { span: span(now - since) })}
    </span>
  );
}

/** Opens it in the way of a listener: whoever only looked in would be seen to have read it. */
function ListenIn({ conversation, name }: { conversation: Conversation; name: string }) {
  const { t } = useTranslation();
  const me = useMe();
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const { id } = conversation;
  const own = partOf(conversation, me.id);
  const go = () =>
    void navigate({ to: '/conversations/$tab/$conversationId', params: { tab: 'all', conversationId: id } });
  const listen = useMutation({
    mutationFn: () => enter(id, 'listen'),
    onSuccess: (changed) => {
      placeParticipation(queryClient, changed, me.id);
      go();
    },
    onError: notifyFailure,
  });
  if (conversation.assigneeId === me.id || own !== undefined) {
    return (
      <Button size="xs" variant="subtle" className={styles.button} aria-label={t('live.openOf', { name })} onClick={go}>
        {own === undefined ? t('live.own') : t(own.kind === 'listening' ? 'live.listening' : `team.part.${own.kind}`)}
      </Button>
    );
  }
  return (
    <Button
      size="xs"
      variant="light"
      className={styles.button}
      leftSection={<IconEar size={15} />}
      aria-label={t('live.listenInTo', { name })}
      loading={listen.isPending}
      onClick={() => listen.mutate()}
    >
      {t('live.listenIn')}
    </Button>
  );
}
