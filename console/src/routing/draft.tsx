import type { RoutingConfig } from '@parley/sdk/routing-document.ts';
import { createContext, useContext } from 'react';

/** The document as it is being changed, before it is published. */
export interface Draft {
  readonly document: RoutingConfig;
  change(next: (before: RoutingConfig) => RoutingConfig): void;
}

const DraftContext = createContext<Draft | undefined>(undefined);
export const DraftProvider = DraftContext.Provider;

export function useDraft(): Draft {
  const draft = useContext(DraftContext);
  if (draft === undefined) throw new Error('useDraft needs the routing page around it.');
  return draft;
}

/** One list of the document, with what changes it. */
export function useEntries<K extends 'groups' | 'rules' | 'schedules' | 'sla'>(part: K) {
  const { document, change } = useDraft();
  return {
    entries: document[part],
    setEntries: (next: (before: RoutingConfig[K]) => RoutingConfig[K]) =>
      change((before) => ({ ...before, [part]: next(before[part]) })),
  };
}
