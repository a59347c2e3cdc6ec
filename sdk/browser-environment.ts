import type { ClientEnvironment } from './client-api.ts';
import { connectLongPoll } from './transport-long-poll.ts';
import { connectWebSocket } from './transport-websocket.ts';

/** What the client takes from the browser. */
export const browserEnvironment: ClientEnvironment = {
  now: () => Date.now(),
  random: () => Math.random(),
  setTimeout: (run, ms) => setTimeout(run, ms),
  clearTimeout: (handle) => clearTimeout(handle as number | undefined),
  connect: (kind, target) =>
    kind === 'websocket' ? connectWebSocket(target) : connectLongPoll(target, browserEnvironment.fetch),
  fetch: (url, init) => fetch(url, init),
  onWake(run) {
    const visible = () => {
      if (document.visibilityState === 'visible') run();
    };
    document.addEventListener('visibilitychange', visible);
    for (const type of wakeEvents) addEventListener(type, run);
    const stopWatch = watchForSleep(run);
    return () => {
      document.removeEventListener('visibilitychange', visible);
      for (const type of wakeEvents) removeEventListener(type, run);
      stopWatch();
    };
  },
  // Time first, so that the server's index of them grows at its end. Not randomUUID, which is missing on pages that are
  // not served over HTTPS.
  newId: () =>
    Date.now().toString(36).padStart(9, '0') +
    Array.from(crypto.getRandomValues(new Uint8Array(10)), (byte) => byte.toString(36).padStart(2, '0')).join(''),
};

const wakeEvents = ['focus', 'online', 'pageshow'] as const;
const lookEveryMs = 5_000;

/** A machine that slept sends no event: time that jumped between two looks tells it. */
function watchForSleep(run: () => void): () => void {
  let last = Date.now();
  const timer = setInterval(() => {
    const now = Date.now();
    // Hidden pages have their timers slowed down to once a minute; that is no sleep, and a look does no harm then.
    if (now - last > 3 * lookEveryMs) run();
    last = now;
  }, lookEveryMs);
  return () => clearInterval(timer);
}
