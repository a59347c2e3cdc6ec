import type { Capabilities, Content, Message } from '@parley/sdk/protocol.ts';
import { backoffMs } from '../base/backoff.ts';
import { type Clock, watchForSteps } from '../base/clock.ts';
import { type Leases, ownLeases } from '../base/leases.ts';
import { createRateLimiter, type RateLimiter } from '../base/rate-limiter.ts';
import { Gone, Rejected, RetryAfter } from '../gateway/channel-adapter.ts';
import type { Channels, LiveChannel } from '../gateway/channels.ts';
import { degrade } from '../gateway/degrade.ts';
import { isStoreFault } from './append-batcher.ts';
import type { Conversations } from './conversations.ts';
import type { EventBus } from './event-bus.ts';
import type { DeliveryOutcome, DueDelivery, OutboxStore } from './outbox-store.ts';

/** Deliveries of one channel under way at once; each is of another conversation. */
const concurrency = 16;
const sendTimeoutMs = 30_000;
/** Attempts that end in the dead letters: with the backoff below about half a day. */
const maxAttempts = 12;
const backoff = { baseMs: 2_000, maxMs: 2 * 60 * 60_000 };

/** Delivers what `append` wrote for channels with an adapter that sends. */
export interface Outbox {
  start(): void;
  /** A row was written for the channel, or something in its way has gone. */
  wake(channelId: string): void;
  /** Ends after the deliveries under way. */
  stop(): Promise<void>;
}

export interface OutboxDeps {
  readonly store: OutboxStore;
  readonly channels: Channels;
  readonly conversations: Pick<Conversations, 'announceChange'>;
  readonly bus: EventBus;
  readonly clock: Clock;
  readonly random: () => number;
  readonly publicUrl: () => string;
  /**
   * A message in another form for a channel that cannot carry it as it is, and `shown` as agents may see that; undefined:
   * `degrade` knows the nearest form.
   */
  readonly prepare?: (message: Message, capabilities: Capabilities) => { content: Content; shown: Content } | undefined;
  readonly onOutcome: (channelType: string, outcome: DeliveryOutcome['kind']) => void;
  readonly onError: (error: unknown) => void;
  /** Which process delivers for a channel. */
  readonly leases?: Leases;
  /** Longest time until a loop looks again although nobody woke it; shorter where others write and may not be heard. */
  readonly longestWaitMs?: number;
}

type Loop = {
  wake: () => void;
  /** The last look found as many as there was room for, or did not come to the end: there may be more. */
  mayHaveMore: boolean;
  /** What was under way at the last look, which passed over all else of these conversations. */
  passedOver: ReadonlySet<string>;
  readonly stop: AbortController;
  readonly limiter: RateLimiter;
  /** Ends of attempts that are being written. */
  readonly ends: Set<Promise<unknown>>;
  done: Promise<void>;
};

/** How an attempt ended; when a next one is due is said only as it is written. */
type AttemptEnd =
  | Exclude<DeliveryOutcome, { kind: 'later' }>
  | { readonly kind: 'later'; readonly afterMs: number; readonly reason: string };

/** At a time; what is left of a long backlog is put behind its heads by the next looks. */
const maxLooks = 20;
/** How long the loop waits when the store could not be asked, and at most in any case. */
const waits = { afterFaultMs: 1_000, longestMs: 60_000 };
/** How long after the clock was set back another process may still write by the former time, and how often we look. */
const unsettledMs = 15_000;
const settleEveryMs = 1_000;

/**
 * One loop for each channel, so that a platform that is down keeps nobody else waiting. Within a channel one message
 * of each conversation is under way: what a customer reads stays in order. An attempt is noted before it begins; one
 * whose end was never learned is repeated only where the platform knows our idempotency key, and is otherwise shown to
 * a person as `unknown`.
 */
export function createOutbox(deps: OutboxDeps): Outbox {
  const { store, channels, clock, leases = ownLeases, longestWaitMs = waits.longestMs } = deps;
  const loops = new Map<string, Loop>();
  /** One for each channel that ever changed: a start waits until the stop before it has really ended. */
  const restarts = new Map<string, Promise<void>>();
  let stopped = false;

  function startLoop(channelId: string): void {
    const channel = channels.enabled(channelId);
    if (stopped || channel?.instance.send === undefined || loops.has(channelId)) return;
    const limiter = createRateLimiter({ ...rateOf(channel), now: () => clock.elapsed() });
    const loop: Loop = {
      wake: () => undefined,
      mayHaveMore: true,
      passedOver: new Set(),
      stop: new AbortController(),
      limiter,
      ends: new Set(),
      done: Promise.resolve(),
    };
    loops.set(channelId, loop);
    const work = (held: AbortSignal) => run(channelId, loop, held);
    loop.done = leases.whileHeld(`outbox:${channelId}`, work, loop.stop.signal).catch(deps.onError);
  }

  async function stopLoop(channelId: string): Promise<void> {
    const loop = loops.get(channelId);
    if (loop === undefined) return;
    loops.delete(channelId);
    loop.stop.abort();
    await loop.done;
  }

  /** Two loops of one channel would take each other's deliveries for interrupted ones. */
  function restart(channelId: string): void {
    const former = restarts.get(channelId) ?? Promise.resolve();
    const next = former
      .then(() => stopLoop(channelId))
      .then(() => startLoop(channelId))
      .catch(deps.onError);
    restarts.set(channelId, next);
  }

  async function run(channelId: string, loop: Loop, held: AbortSignal): Promise<void> {
    const underway = new Map<string, Promise<void>>();
    const followClock = clockFollower(channelId, loop.ends);
    held.addEventListener('abort', () => loop.wake(), { once: true });
    while (!held.aborted) {
      // Woken while we look: look again.
      const woken = new Promise<void>((resolve) => {
        loop.wake = resolve;
      });
      // What is under way when we ask may have ended when the answer comes, which would then show it as interrupted.
      loop.passedOver = new Set(underway.keys());
      await followClock();
      const now = clock.now();
      const free = concurrency - loop.passedOver.size;
      const due = await dueDeliveries(channelId, now, free, loop.passedOver);
      loop.mayHaveMore = due?.mayHaveMore ?? true;
      for (const delivery of held.aborted ? [] : (due?.deliveries ?? [])) {
        const { conversationId } = delivery;
        const job = deliverInTurn(channelId, loop, delivery)
          .finally(() => underway.delete(conversationId))
          .then((isLookWanted) => {
            if (isLookWanted || loop.mayHaveMore || loop.passedOver.has(conversationId)) loop.wake();
          });
        underway.set(conversationId, job);
      }
      let next: number | undefined;
      if (due === undefined) next = now + waits.afterFaultMs;
      else if (underway.size < concurrency) next = await nextAfter(channelId, now);
      if (!held.aborted) await sleepUntil(next ?? now + longestWaitMs, woken);
    }
    await Promise.all(underway.values());
  }

  /** Times of the outbox are read by a clock that may have been set back: nobody waits the longer for that. */
  function clockFollower(channelId: string, ends: Loop['ends']): () => Promise<void> {
    const stepMs = watchForSteps(clock);
    let backMs = 0;
    // It may have been set back before we began.
    let nextLook = clock.elapsed();
    let looksUntil = nextLook;
    return async () => {
      const at = clock.elapsed();
      const step = stepMs();
      if (step < 0) {
        backMs -= step;
        nextLook = at;
        looksUntil = at + unsettledMs;
      }
      if (at < nextLook || nextLook > looksUntil) return;
      nextLook = at + settleEveryMs;
      // Those that were put off by the former clock must be there to be brought forward.
      if (backMs > 0) await Promise.allSettled(ends);
      try {
        await store.bringForward(channelId, clock.now(), backMs);
        backMs = 0;
      } catch (error) {
        looksUntil = at + unsettledMs;
        deps.onError(error);
      }
    };
  }

  /** Undefined when the store could not be asked. */
  async function dueDeliveries(
    channelId: string,
    now: number,
    free: number,
    underway: ReadonlySet<string>,
  ): Promise<{ deliveries: readonly DueDelivery[]; mayHaveMore: boolean } | undefined> {
    if (free === 0) return { deliveries: [], mayHaveMore: true };
    try {
      for (let looks = 0; ; looks++) {
        const { deliveries, isCrowded, mayHaveMore } = await store.due(channelId, now, free, underway);
        if (!isCrowded || looks === maxLooks) return { deliveries, mayHaveMore };
        await store.putBehind(channelId, now, free + underway.size);
      }
    } catch (error) {
      deps.onError(error);
      return undefined;
    }
  }

  /** Whatever was due at `now` is under way, or is looked at again when something ends that it waits for. */
  async function nextAfter(channelId: string, now: number): Promise<number | undefined> {
    return store.nextAt(channelId, now).catch((error: unknown) => {
      deps.onError(error);
      return now + waits.afterFaultMs;
    });
  }

  async function sleepUntil(at: number, woken: Promise<void>): Promise<void> {
    const waitMs = Math.min(longestWaitMs, Math.max(0, at - clock.now()));
    const timer = new AbortController();
    await Promise.race([woken, clock.sleep(waitMs, timer.signal).catch(() => undefined)]);
    timer.abort();
  }

  /** Whether there may be something to do that there was not when the loop looked last. */
  async function deliverInTurn(channelId: string, loop: Loop, delivery: DueDelivery): Promise<boolean> {
    const channel = channels.enabled(channelId);
    if (channel === undefined) return true;
    try {
      const outcome = await deliver(channel, loop.limiter, delivery);
      if (outcome === undefined) return true;
      const end = finish(delivery, outcome, loop.stop.signal);
      loop.ends.add(end);
      const changed = await end.finally(() => loop.ends.delete(end));
      if (changed !== undefined) deps.conversations.announceChange(changed);
      deps.onOutcome(channel.record.type, outcome.kind);
      if (outcome.kind === 'sent') channels.sawOutbound(channelId);
      else channels.sawOutbound(channelId, outcome.reason);
      return changed?.hasNext ?? true;
    } catch (error) {
      // The store failed us: the row says "sending", so the next look decides as after a crash.
      deps.onError(error);
      await clock.sleep(1_000);
      return true;
    }
  }

  /**
   * Tried until the store is there again: what the platform said must not become `unknown` for an outage of ours. Until
   * then the conversation counts as under way.
   */
  async function finish(delivery: DueDelivery, end: AttemptEnd, stop: AbortSignal) {
    const outcome: DeliveryOutcome =
      end.kind === 'later' ? { kind: 'later', at: clock.now() + end.afterMs, reason: end.reason } : end;
    for (let failures = 0; ; failures++) {
      try {
        return await store.finish(delivery, outcome, clock.now());
      } catch (error) {
        if (failures === 0) deps.onError(error);
        if (stop.aborted || !isStoreFault(error)) throw error;
        await clock.sleep(waits.afterFaultMs, stop).catch(() => undefined);
      }
    }
  }

  /** Undefined when another process took it. */
  async function deliver(
    channel: LiveChannel,
    limiter: RateLimiter,
    delivery: DueDelivery,
  ): Promise<AttemptEnd | undefined> {
    const { capabilities } = channel.adapter;
    if (delivery.interrupted && !capabilities.idempotentSend) {
      return {
        kind: 'unknown',
        reason: 'The server stopped while this was being sent: it may have arrived. Send it again if it did not.',
      };
    }
    await limiter.take((ms) => clock.sleep(ms));
    if (!(await store.begin(delivery.id, delivery.attempts))) return undefined;
    const prepared = deps.prepare?.(delivery.message, capabilities);
    const asParts = (content: Content) => degrade(content, capabilities, { publicUrl: deps.publicUrl() });
    const parts = asParts(prepared?.content ?? delivery.message.content);
    const shownParts = prepared === undefined ? parts : asParts(prepared.shown);
    try {
      const sent = await channel.instance.send?.(
        {
          to: {
            contactExternalId: delivery.contactExternalId,
            conversationId: delivery.conversationId,
            ...(delivery.threadId === '' ? {} : { threadId: delivery.threadId }),
          },
          message: delivery.message,
          parts,
          fromPart: delivery.fromPart,
          partSent: async (index) => {
            // After the last nothing is left to be told apart, where a repeat is known by its key.
            if (capabilities.idempotentSend && index === parts.length - 1) return;
            await store.partSent(delivery.id, index + 1);
          },
          idempotencyKey: `msg_${delivery.message.id.replace('.', '_')}`,
          attempt: delivery.attempts + 1,
        },
        AbortSignal.timeout(sendTimeoutMs),
      );
      const [only] = shownParts;
      const unchanged = shownParts.length === 1 && JSON.stringify(only) === JSON.stringify(delivery.message.content);
      return {
        kind: 'sent',
        ...(sent?.externalId === undefined ? {} : { externalId: sent.externalId }),
        ...(unchanged ? {} : { deliveredAs: JSON.stringify(shownAs(shownParts)) }),
      };
    } catch (error) {
      return outcomeOf(error, delivery, capabilities.idempotentSend);
    }
  }

  function outcomeOf(error: unknown, delivery: DueDelivery, idempotent: boolean): AttemptEnd {
    const reason = (error as Error).message;
    if (error instanceof Rejected || error instanceof Gone) return { kind: 'failed', reason };
    if (error instanceof RetryAfter) {
      const wait = error.afterMs ?? backoffMs(delivery.attempts + 1, deps.random(), backoff);
      return later(delivery, wait, reason);
    }
    if (idempotent) return later(delivery, backoffMs(delivery.attempts + 1, deps.random(), backoff), reason);
    return {
      kind: 'unknown',
      reason: `The platform did not answer, so it may have arrived: ${reason} Send it again if it did not.`,
    };
  }

  function later(delivery: DueDelivery, afterMs: number, reason: string): AttemptEnd {
    if (delivery.attempts + 1 >= maxAttempts)
      return { kind: 'failed', reason: `Given up after ${maxAttempts} attempts: ${reason}` };
    return { kind: 'later', afterMs, reason };
  }

  return {
    start: () => {
      for (const { record } of channels.all()) startLoop(record.id);
      deps.bus.subscribe('outbox.filled', ({ channelId }) => loops.get(channelId)?.wake());
      channels.onChange(restart);
    },
    wake: (channelId) => loops.get(channelId)?.wake(),
    stop: async () => {
      stopped = true;
      await Promise.all([...loops.keys()].map(stopLoop));
      await Promise.all(restarts.values());
    },
  };
}

/** The channel's own setting where it has one, else its platform's rule. */
function rateOf(channel: LiveChannel): { perSecond: number; burst: number } {
  const set = channel.record.settings.ratePerSecond;
  const { rate } = channel.adapter.capabilities;
  return typeof set === 'number' ? { perSecond: set, burst: Math.max(1, set) } : rate;
}

/** What the customer really saw, as one content for the agent's screen. */
function shownAs(parts: ReturnType<typeof degrade>): unknown {
  if (parts.length === 1) return parts[0];
  const texts = parts.map((part) => (part.type === 'text' ? part.text : `[${part.type}]`));
  return { type: 'text', text: texts.join('\n\n') };
}
