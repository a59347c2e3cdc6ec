import { Anchor, Badge, Button, Group, Text } from '@mantine/core';
import type { CallBack } from '@parley/sdk/protocol.ts';
import { IconMail, IconPhone } from '@tabler/icons-react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { useAgent } from '../agents/agent-queries.ts';
import { notifyFailure } from '../app/notify.ts';
import { useMe } from '../session/session.ts';
import { useNow, useTimeWords } from '../words/time.ts';
import { callBacksKey, type Step, stepCallBack } from './call-back-queries.ts';
import styles from './call-backs.module.css';

const lookEveryMs = 30_000;

/** One customer who waits for a call or an answer, and what one can do about it. */
export function CallBackCard({ callBack, inConversation }: { callBack: CallBack; inConversation?: boolean }) {
  const { t } = useTranslation();
  const { kind, name, phone, email, note, conversationId } = callBack;
  const Icon = kind === 'call-back' ? IconPhone : IconMail;
  return (
    <li className={styles.card}>
      <Icon size={17} aria-hidden="true" className={styles.icon} />
      <div className={styles.text}>
        <strong>{[t(`callBacks.kind.${kind}`), name].filter(Boolean).join(': ')}</strong>
        <span className={styles.ways}>
          {phone !== null && (
            <Anchor href={`tel:${phone.replace(/[^\d+]/g, '')}`} size="sm" c="var(--parley-accent-text)">
              {phone}
            </Anchor>
          )}
          {email !== null && (
            <Anchor href={`mailto:${email}`} size="sm" c="var(--parley-accent-text)">
              {email}
            </Anchor>
          )}
        </span>
        {note !== null && <p className={styles.note}>{note}</p>}
        <Due callBack={callBack} />
        <Group gap="xs" mt={6}>
          <Steps callBack={callBack} />
          {inConversation !== true && (
            <Anchor
              component={Link}
              to={`/conversations/all/${conversationId}`}
              size="sm"
              c="var(--parley-accent-text)"
            >
              {t('callBacks.openConversation')}
            </Anchor>
          )}
        </Group>
      </div>
    </li>
  );
}

function Due({ callBack: { state, dueAt, tries, agentId } }: { callBack: CallBack }) {
  const { t } = useTranslation();
  const { toMinute, span } = useTimeWords();
  const now = useNow(lookEveryMs);
  const me = useMe();
  const agent = useAgent(agentId);
  const late = now - dueAt;
  const isLate = state === 'open' && late >= 60_000;
  const who = agentId === me.id ? t('list.you') : agent?.name;
  return (
    <Group gap={8} mt={2}>
      <Badge size="sm" variant="light" tt="none" color={isLate ? 'red' : state === 'open' ? 'blue' : 'gray'}>
        {isLate ? t('callBacks.late', { span: span(late) }) : t(`callBacks.state.${state}`)}
      </Badge>
      <Text size="xs" c="dimmed">
        {[
          t('callBacks.due', { at: toMinute(dueAt) }),
          ...(who === undefined ? [] : [t('callBacks.by', { name: who })]),
          ...(tries === 0 ? [] : [t('callBacks.tries', { n: tries })]),
        ].join(' · ')}
      </Text>
    </Group>
  );
}

function Steps({ callBack }: { callBack: CallBack }) {
  const { t } = useTranslation();
  const me = useMe();
  const queryClient = useQueryClient();
  const step = useMutation({
    mutationFn: (which: Step) => stepCallBack(callBack.id, which),
    onError: notifyFailure,
    // Also where it failed: somebody else was faster, and what they did is to be seen.
    onSettled: () => queryClient.invalidateQueries({ queryKey: callBacksKey }),
  });
  const isMine = callBack.state === 'taken' && callBack.agentId === me.id;
  const mayStep = isMine || (callBack.state === 'taken' && me.role !== 'agent');
  const steps: Step[] =
    callBack.state === 'open' ? ['take'] : mayStep ? ['done', 'no-answer', 'give-back', 'cancel'] : [];
  return steps.map((which, index) => (
    <Button
      key={which}
      size="xs"
      variant={index === 0 ? 'light' : 'default'}
      disabled={step.isPending}
      onClick={() => step.mutate(which)}
    >
      {t(`callBacks.step.${which}`)}
    </Button>
  ));
}
