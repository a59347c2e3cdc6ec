import { ActionIcon, Badge, Button, Group, Modal, Skeleton, Tooltip } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import type { Conversation } from '@parley/sdk/protocol.ts';
import { IconBook2, IconSearch } from '@tabler/icons-react';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { problemText } from '../app/api.ts';
import { CompletingInput } from '../app/completing-input.tsx';
import { notifyFailure } from '../app/notify.ts';
import styles from './knowledge.module.css';
import { type FoundKnowledge, knowledgeSearchQuery, renderReply, titlesQuery } from './knowledge-queries.ts';

type Props = { conversation: Conversation | undefined; onInsert: (text: string) => void };

/** Looks into the knowledge base while one writes, and puts what was found into the text. */
export function KnowledgeButton({ conversation, onInsert }: Props) {
  const { t } = useTranslation();
  const [opened, setOpened] = useState(false);
  return (
    <>
      <Tooltip label={t('knowledge.searchTitle')} openDelay={400}>
        <ActionIcon
          variant="subtle"
          color="gray"
          aria-label={t('knowledge.searchTitle')}
          onClick={() => setOpened(true)}
        >
          <IconBook2 size={18} />
        </ActionIcon>
      </Tooltip>
      <Modal
        closeButtonProps={{ 'aria-label': t('app.close') }}
        opened={opened}
        onClose={() => setOpened(false)}
        title={t('knowledge.searchTitle')}
        size="lg"
        returnFocus={false}
      >
        {opened && (
          <SearchBox
            conversation={conversation}
            onInsert={(text) => {
              setOpened(false);
              onInsert(text);
            }}
          />
        )}
      </Modal>
    </>
  );
}

function SearchBox({ conversation, onInsert }: Props) {
  const { t } = useTranslation();
  const [text, setText] = useState('');
  const [q] = useDebouncedValue(text.trim(), 150);
  const asked = { q, language: conversation?.language, channelType: conversation?.channelType };
  const { data, error } = useQuery({
    ...knowledgeSearchQuery(asked),
    enabled: q !== '',
    placeholderData: keepPreviousData,
  });
  // Without titles one searches as ever: that they could not be had is not worth a word.
  const { data: titles = [] } = useQuery({ ...titlesQuery(asked), enabled: q !== '' });
  return (
    <>
      <CompletingInput
        aria-label={t('knowledge.searchHint')}
        placeholder={t('knowledge.searchHint')}
        leftSection={<IconSearch size={16} />}
        value={text}
        choices={titles.map(({ title }) => title)}
        onChange={setText}
        data-autofocus
      />
      <div className={styles.found} role="status">
        {error !== null && <p>{problemText(error)}</p>}
        {q !== '' && data === undefined && error === null && <Skeleton height={90} radius="md" />}
        {q !== '' && data?.length === 0 && <p>{t('knowledge.searchNone')}</p>}
      </div>
      {q !== '' && data !== undefined && data.length > 0 && (
        <ul className={styles.results}>
          {data.map((found) => (
            <Found key={found.id} found={found} conversation={conversation} onInsert={onInsert} />
          ))}
        </ul>
      )}
    </>
  );
}

function Found({ found, conversation, onInsert }: Props & { found: FoundKnowledge }) {
  const { t } = useTranslation();
  const { kind, id, title } = found.source;

  async function insertText(): Promise<void> {
    try {
      const isReply = kind === 'canned-reply' && conversation !== undefined;
      onInsert(isReply ? (await renderReply(id, conversation.id)).text : found.text);
    } catch (error) {
      notifyFailure(error);
    }
  }

  const { helpPath } = found;
  return (
    <li className={styles.result}>
      <Group gap={8} justify="space-between" wrap="nowrap">
        <strong>{title}</strong>
        <Badge size="sm" variant="light" tt="none" color={found.score >= 0.5 ? 'parley' : 'gray'}>
          {t(`knowledge.kind.${kind}`)}
        </Badge>
      </Group>
      <p className={styles.passage}>{found.text}</p>
      <Group gap={6}>
        <Button size="compact-xs" variant="light" onClick={() => void insertText()}>
          {t('knowledge.insertText')}
        </Button>
        {helpPath !== undefined && (
          <Button size="compact-xs" variant="default" onClick={() => onInsert(location.origin + helpPath)}>
            {t('knowledge.insertLink')}
          </Button>
        )}
      </Group>
    </li>
  );
}
