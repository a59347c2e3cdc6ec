import { randomUUID } from 'node:crypto';
import type { Clock } from '../../base/clock.ts';
import type { Leases } from '../../base/leases.ts';
import { type Redis, redisScript, refuseWhereHeld, releaseScript } from './redis.ts';

/** A holder that is not heard of for so long has lost the name. */
const holdMs = 10_000;
/** How often a holder renews, and others ask whether the name is free. */
const renewMs = 2_500;
const askMs = 1_000;

/** Keeps the name for its holder, or takes one that is free; 1 when it is ours. Allowed when the memory is full: there are
 * few names, and whoever holds one works on what frees the memory. */
const holdScript = redisScript(`#!lua flags=allow-oom${refuseWhereHeld('KEYS[1]')}
redis.call('set', KEYS[1], ARGV[1], 'px', ARGV[2])
return 1`);

/**
 * Leases on Redis. They spread work and keep two processes from doing it side by side; they do not make it safe, because
 * a process that stood still may wake up after its time. What the work stores is guarded by the store itself.
 *
 * The holder gives the name up a while before Redis would: when it cannot renew, its `held` aborts after three quarters
 * of the time, so that a process that merely lost its line ends in time.
 */
export function createRedisLeases(deps: { redis: Redis; clock: Clock; onError: (error: unknown) => void }): Leases {
  const { redis, clock } = deps;

  async function hold(key: string, owner: string): Promise<boolean> {
    return (await redis.run(holdScript, [key], [owner, String(holdMs)])) === 1;
  }

  /** Renews until it is lost or no longer wanted. */
  async function renew(key: string, owner: string, lost: AbortController, signal: AbortSignal): Promise<void> {
    let heldUntil = clock.elapsed() + holdMs;
    while (!signal.aborted && !lost.signal.aborted) {
      await clock.sleep(renewMs, signal).catch(() => undefined);
      if (signal.aborted) return;
      const asked = clock.elapsed();
      try {
        if (await hold(key, owner)) heldUntil = asked + holdMs;
        else lost.abort(new Error(`${key} is held by another process.`));
      } catch (error) {
        if (clock.elapsed() > heldUntil - holdMs / 4) lost.abort(error);
      }
    }
  }

  async function work(key: string, owner: string, run: (held: AbortSignal) => Promise<void>, signal: AbortSignal) {
    const lost = new AbortController();
    const done = new AbortController();
    const held = AbortSignal.any([lost.signal, signal]);
    const renewing = renew(key, owner, lost, done.signal);
    try {
      await run(held);
    } catch (error) {
      deps.onError(error);
    } finally {
      done.abort();
      await renewing;
      // Redis may be away: then the name becomes free by itself.
      await redis.run(releaseScript, [key], [owner]).catch(() => undefined);
    }
  }

  return {
    whileHeld: async (name, run, signal) => {
      const key = `parley:lease:${name}`;
      while (!signal.aborted) {
        const owner = randomUUID();
        const isOurs = await hold(key, owner).catch(() => false);
        if (isOurs) await work(key, owner, run, signal);
        // Not all at the same moment, so that the names of an installation spread over its processes.
        if (!signal.aborted) await clock.sleep(askMs * (0.5 + Math.random()), signal).catch(() => undefined);
      }
    },
  };
}
