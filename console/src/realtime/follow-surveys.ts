import { notifications } from '@mantine/notifications';
import type { ParleyClient } from '@parley/sdk/client-api.ts';
import type { QueryClient } from '@tanstack/react-query';
import i18next from 'i18next';

/**
 * Tells whoever had a conversation that its customer asks something beside the rating: nothing else brings them back to it. Answers
 * what ends it.
 */
export function followSurveys(client: ParleyClient, queryClient: QueryClient): () => void {
  return client.on('event', (frame) => {
    if (frame.event !== 'message.created') return;
    const { content, conversationId } = frame.data.message;
    if (content.type !== 'system' || !content.event.startsWith('survey.')) return;
    void queryClient.invalidateQueries({ queryKey: ['survey', conversationId] });
    void queryClient.invalidateQueries({ queryKey: ['survey-answers'] });
    void queryClient.invalidateQueries({ queryKey: ['satisfaction'] });
    if (content.event !== 'survey.asks') return;
    notifications.show({
      id: `survey-${conversationId}`,
      color: 'yellow',
      title: i18next.t('surveys.asksTitle', { id: conversationId }),
      message: i18next.t('system.surveyAsks'),
      autoClose: 12_000,
    });
  });
}
