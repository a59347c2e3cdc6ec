/** Texts by key that outlive the page: `localStorage`, or this page's memory where the browser forbids that. */
export interface KeptValues {
  get(key: string): string | null;
  set(key: string, value: string): void;
  remove(key: string): void;
}

export function keptValues(storage: () => KeptStorage = () => localStorage): KeptValues {
  const memory = new Map<string, string>();
  function attempt<T>(run: (store: KeptStorage) => T, otherwise: () => T): T {
    try {
      return run(storage());
    } catch {
      // Storage that is forbidden (a sandboxed frame, blocked cookies) or full.
      return otherwise();
    }
  }
  return {
    get: (key) =>
      memory.get(key) ??
      attempt(
        (store) => store.getItem(key),
        () => null,
      ),
    set(key, value) {
      attempt(
        (store) => {
          store.setItem(key, value);
          memory.delete(key);
        },
        () => void memory.set(key, value),
      );
    },
    remove(key) {
      memory.delete(key);
      attempt(
        (store) => store.removeItem(key),
        () => undefined,
      );
    },
  };
}

type KeptStorage = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;
