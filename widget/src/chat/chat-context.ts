import { createContext } from 'preact';
import { useContext, useEffect, useState } from 'preact/hooks';
import type { Locale } from '../api.ts';
import type { ChatHost } from '../chat-contract.ts';
import type { Uploads } from './uploads.ts';
import type { VisitorSession } from './visitor-session.ts';
import type { Words } from './words.ts';

/** What every part of the chat needs. */
export type ChatScope = {
  host: ChatHost;
  session: VisitorSession;
  uploads: Uploads;
  locale: Locale;
  words: Words;
  /** Sends, or says why not. */
  send(content: Parameters<VisitorSession['send']>[0]): boolean;
  close(): void;
  focusComposer(): void;
};

const Scope = createContext<ChatScope | undefined>(undefined);
export const ScopeProvider = Scope.Provider;

export function useScope(): ChatScope {
  const scope = useContext(Scope);
  if (scope === undefined) throw new Error('A part of the chat stands outside of ScopeProvider.');
  return scope;
}

/** Draws the component again whenever the source says that it changed. */
export function useChanges(source: { subscribe(listener: () => void): () => void }): void {
  const [, draw] = useState(0);
  useEffect(() => source.subscribe(() => draw((count) => count + 1)), [source]);
}
