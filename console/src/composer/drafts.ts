import { createObservable, localStore } from '../app/local-store.ts';

/** What is written and not yet sent in one conversation. What is written for agents never becomes a reply by itself. */
export type Draft = { mode: 'reply' | 'note' | 'whisper'; reply: string; note: string; whisper: string };

const emptyDraft: Draft = { mode: 'reply', reply: '', note: '', whisper: '' };
const isMode = (mode: unknown): mode is Draft['mode'] => mode === 'reply' || mode === 'note' || mode === 'whisper';
const prefix = 'parley.draft.';
const known = new Map<string, Draft>();
const version = createObservable(0);

/** Drafts by conversation, kept in this browser over reloads and crashes. */
export const drafts = {
  get(conversationId: string): Draft {
    const draft = known.get(conversationId) ?? parseDraft(localStore.get(prefix + conversationId));
    known.set(conversationId, draft);
    return draft;
  },
  set(conversationId: string, draft: Draft): void {
    known.set(conversationId, draft);
    if (draft.reply + draft.note + draft.whisper === '') localStore.remove(prefix + conversationId);
    else localStore.set(prefix + conversationId, JSON.stringify(draft));
    version.set(version.get() + 1);
  },
  /** One line of what stands there, or nothing. */
  textOf(conversationId: string): string {
    const draft = drafts.get(conversationId);
    return (draft[draft.mode] || draft.reply || draft.note || draft.whisper).trim().slice(0, 120);
  },
  subscribe: version.subscribe,
};

/** Reads a kept draft; what is not understood is no draft. */
export function parseDraft(text: string | null): Draft {
  if (text === null) return emptyDraft;
  try {
    const { mode, reply, note, whisper } = JSON.parse(text) as Partial<Record<keyof Draft, unknown>>;
    return {
      mode: isMode(mode) ? mode : 'reply',
      reply: typeof reply === 'string' ? reply : '',
      note: typeof note === 'string' ? note : '',
      whisper: typeof whisper === 'string' ? whisper : '',
    };
  } catch {
    return emptyDraft;
  }
}
