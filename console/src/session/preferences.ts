import { useSyncExternalStore } from 'react';
import { createObservable, localStore } from '../app/local-store.ts';

/** What a person set for this browser; the language and the colour scheme are kept by their own libraries. */
export type Preferences = {
  density: 'compact' | 'comfortable';
  sound: boolean;
  /** Notices of the system while no window is in front; the browser has the last word. */
  desktop: boolean;
  /** Single keys are commands while no field has the focus. */
  singleKeys: boolean;
  /** What one key or click does with a recommended reply. */
  replyAction: 'insert' | 'send';
  /** Alt and a digit takes a recommended reply. */
  suggestionKeys: boolean;
  /** They are open, and not only counted. */
  suggestionsShown: boolean;
};

const storageKey = 'parley.preferences';
const defaults: Preferences = {
  ...{ density: 'compact', sound: true, desktop: false, singleKeys: true },
  ...{ replyAction: 'insert', suggestionKeys: true, suggestionsShown: true },
};

/** Reads stored preferences; what is missing or not understood keeps its default. */
export function parsePreferences(text: string | null): Preferences {
  let stored: unknown;
  try {
    stored = JSON.parse(text ?? '{}');
  } catch {
    return defaults;
  }
  const { density, sound, desktop, singleKeys, replyAction, suggestionKeys, suggestionsShown } = (stored ??
    {}) as Partial<Record<keyof Preferences, unknown>>;
  return {
    density: density === 'comfortable' ? 'comfortable' : defaults.density,
    sound: typeof sound === 'boolean' ? sound : defaults.sound,
    desktop: typeof desktop === 'boolean' ? desktop : defaults.desktop,
    singleKeys: typeof singleKeys === 'boolean' ? singleKeys : defaults.singleKeys,
    replyAction: replyAction === 'send' ? replyAction : defaults.replyAction,
    suggestionKeys: typeof suggestionKeys === 'boolean' ? suggestionKeys : defaults.suggestionKeys,
    suggestionsShown: typeof suggestionsShown === 'boolean' ? suggestionsShown : defaults.suggestionsShown,
  };
}

const store = createObservable(parsePreferences(localStore.get(storageKey)));

export function preferences(): Preferences {
  return store.get();
}

export function setPreferences(patch: Partial<Preferences>): void {
  store.set({ ...store.get(), ...patch });
  localStore.set(storageKey, JSON.stringify(store.get()));
}

export function usePreferences(): Preferences {
  return useSyncExternalStore(store.subscribe, store.get);
}
