import { Blockquote, Button, Group, Modal, Text } from '@mantine/core';
import type { ConversationView } from '@parley/sdk/client-api.ts';
import type { Message } from '@parley/sdk/protocol.ts';
import { useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { previewOf } from '../conversations/list-cache.ts';
import { useMe } from '../session/session.ts';
import { useNow, useTimeWords } from '../words/time.ts';

/**
 * A colleague may have answered while one wrote: before a reply goes out it is asked once, so that the customer does not
 * get two answers to one question.
 */
export function useOvertaken(view: ConversationView, reply: string) {
  const me = useMe();
  const [asking, setAsking] = useState<Message>();
  const lastSeq = view.messages.at(-1)?.seq ?? 0;
  /** What one had before one when one began to write, or was shown since. */
  const seen = useRef<number>(undefined);
  if (reply.trim() === '') seen.current = undefined;
  else if (view.loaded) seen.current ??= lastSeq;
  return {
    asking,
    /** Answers whether somebody has to be asked first. */
    ask(): boolean {
      const since = seen.current ?? lastSeq;
      const other = view.messages.findLast(
        ({ seq, direction, private: isPrivate, sender }) =>
          seq > since && direction === 'out' && !isPrivate && sender.type === 'agent' && sender.id !== me.id,
      );
      if (other !== undefined) setAsking(other);
      return other !== undefined;
    },
    answer(): void {
      seen.current = lastSeq;
      setAsking(undefined);
    },
  };
}

export function OvertakenDialog(props: { by: Message | undefined; onClose: () => void; onSend: () => void }) {
  const { t } = useTranslation();
  const { span } = useTimeWords();
  const now = useNow(1_000);
  const { by, onClose, onSend } = props;
  const name = by?.sender.name ?? t('message.agent');
  return (
    <Modal
      opened={by !== undefined}
      onClose={onClose}
      title={t('composer.overtakenTitle', { name })}
      size="md"
      returnFocus={false}
      closeButtonProps={{ 'aria-label': t('app.close') }}
    >
      {by !== undefined && (
        <>
          <Text size="sm">{t('composer.overtakenText', { name, span: span(Math.max(0, now - by.createdAt)) })}</Text>
          <Blockquote p="sm" my="sm">
            {previewOf(by) || t('content.file')}
          </Blockquote>
          <Group justify="flex-end" mt="lg" gap="sm">
            <Button variant="default" onClick={onSend}>
              {t('composer.overtakenSend')}
            </Button>
            <Button data-autofocus onClick={onClose}>
              {t('composer.overtakenReview')}
            </Button>
          </Group>
        </>
      )}
    </Modal>
  );
}
