/**
 * An agent may have several windows of the console. What calls for them calls in one, and not at all while they look at one
 * of them. Locks of the browser tell: they end with their window. Where there are none (pages without HTTPS), each window
 * is alone.
 */
const inFrontLock = 'parley.in-front';
const callLock = 'parley.call';

/** Whether the agent looks at none of the windows. */
export async function isNoneInFront(): Promise<boolean> {
  if (document.hasFocus()) return false;
  const { held = [] } = (await locksOf()?.query()) ?? {};
  return !held.some(({ name }) => name === inFrontLock);
}

/** Runs it in one of the windows that ask within `quietMs`. */
export async function inOneWindow(run: () => void, quietMs: number): Promise<void> {
  const locks = locksOf();
  if (locks === undefined) return run();
  await locks.request(callLock, { ifAvailable: true }, async (lock) => {
    if (lock === null) return;
    run();
    // The others have heard of the same by then, and found the lock taken.
    await new Promise((resolve) => setTimeout(resolve, quietMs));
  });
}

/** Lets the other windows know while this one is in front. Answers what ends it. */
export function tellWhileInFront(): () => void {
  const locks = locksOf();
  let letGo: (() => void) | undefined;
  function look(): void {
    if (locks === undefined || document.hasFocus() === (letGo !== undefined)) return;
    if (letGo !== undefined) {
      letGo();
      letGo = undefined;
      return;
    }
    void locks.request(inFrontLock, { mode: 'shared' }, () => new Promise<void>((resolve) => (letGo = resolve)));
  }
  look();
  window.addEventListener('focus', look);
  window.addEventListener('blur', look);
  return () => {
    window.removeEventListener('focus', look);
    window.removeEventListener('blur', look);
    letGo?.();
  };
}

const locksOf = (): LockManager | undefined => navigator.locks as LockManager | undefined;
