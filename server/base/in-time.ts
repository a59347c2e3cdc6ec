/**
 * Waits for work no longer than its signal: what takes longer goes on by itself, and is not waited for.
 *
 * @throws the signal's reason when it aborts first, also when it has aborted before; else what the work throws
 */
export function inTime<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const over = () => reject(signal.reason as Error);
    if (signal.aborted) over();
    signal.addEventListener('abort', over, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', over));
  });
}
