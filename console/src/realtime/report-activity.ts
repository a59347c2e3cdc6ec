import type { ParleyClient } from '@parley/sdk/client-api.ts';

/** Somebody at work touches something all the time: the server is told this often. */
const tellEveryMs = 15_000;
const touches = ['keydown', 'pointerdown', 'pointermove', 'wheel', 'touchstart'] as const;

/**
 * Tells the server that somebody is at this window, so that who touches none of theirs is away. Opening the page is an act
 * of somebody, too.
 *
 * @param isIdle whether the agent is away for want of a touch: the next one is told at once
 * @returns what ends it
 */
export function reportActivity(client: ParleyClient, isIdle: () => boolean): () => void {
  let toldAt = Number.NEGATIVE_INFINITY;
  let pointer = '';

  function touched(): void {
    const now = Date.now();
    if (now - toldAt < tellEveryMs && !isIdle()) return;
    toldAt = now;
    client.active(now);
  }
  function onTouch(event: Event): void {
    // Browsers say that the pointer moves when the page moves below it.
    if (event instanceof PointerEvent && event.type === 'pointermove') {
      const at = `${event.screenX} ${event.screenY}`;
      if (at === pointer) return;
      const isFirst = pointer === '';
      pointer = at;
      if (isFirst) return;
    }
    touched();
  }
  function onVisible(): void {
    if (document.visibilityState === 'visible') touched();
  }

  for (const touch of touches) window.addEventListener(touch, onTouch, { passive: true, capture: true });
  document.addEventListener('visibilitychange', onVisible);
  touched();
  return () => {
    for (const touch of touches) window.removeEventListener(touch, onTouch, { capture: true });
    document.removeEventListener('visibilitychange', onVisible);
  };
}
