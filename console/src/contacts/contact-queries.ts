import type { Contact, Conversation, Message, Page } from '@parley/sdk/protocol.ts';
import { queryOptions, useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { api } from '../app/api.ts';

export type ContactPatch = {
  name?: string;
  email?: string | null;
  phone?: string | null;
  attributes?: Record<string, string>;
};

export function contactQuery(id: string) {
  return queryOptions({
    queryKey: ['contact', id],
    queryFn: ({ signal }) =>
      api.call<Contact>('GET', `/api/v1/contacts/${encodeURIComponent(id)}`, undefined, { signal }),
    staleTime: 30_000,
  });
}

/**
 * The contact's name as last read or changed here (conversations learn of a new one only when something happens in
 * them); who gave none has a word instead.
 */
export function useContactName({ id, name }: Pick<Contact, 'id' | 'name'>): string {
  const { t } = useTranslation();
  const { data } = useQuery({ ...contactQuery(id), enabled: false });
  return data?.name || name || t('contact.unnamed');
}

export function patchContact(id: string, patch: ContactPatch): Promise<Contact> {
  return api.call('PATCH', `/api/v1/contacts/${encodeURIComponent(id)}`, patch);
}

/** Every conversation of this contact, the newest first. */
export function contactConversationsQuery(id: string) {
  return queryOptions({
    queryKey: ['contact', id, 'conversations'],
    queryFn: async ({ signal }) => {
      const path = `/api/v1/contacts/${encodeURIComponent(id)}/conversations?limit=50`;
      return (await api.call<Page<Conversation>>('GET', path, undefined, { signal })).items;
    },
    staleTime: 30_000,
  });
}

/** The end of a conversation, for reading it in passing. */
export function excerptQuery(id: string, lastSeq: number) {
  return queryOptions({
    queryKey: ['excerpt', id, lastSeq],
    queryFn: async ({ signal }) => {
      const path = `/api/v1/conversations/${encodeURIComponent(id)}/messages?before=${lastSeq + 1}&limit=30`;
      return (await api.call<Page<Message>>('GET', path, undefined, { signal })).items;
    },
  });
}
