import { everyoneId, type RoutingConfig } from '@parley/sdk/routing-document.ts';
import type { Clock } from '../base/clock.ts';
import type { Leases } from '../base/leases.ts';
import type { Conversations } from '../conversation/conversations.ts';
import { Refusal } from '../gateway/refusal.ts';
import { whenLeftIn } from './intake.ts';
import type { UnseenWait, WaitState, WaitStore } from './wait-store.ts';

/** A customer of whom no window was seen for so long has left: pages are reloaded, and trains go through tunnels. */
export const visitorGraceMs = 60_000;
/** How often it is looked for. */
const lookEveryMs = 10_000;
/** Noted in one look. */
const atOnce = 200;
/** Whoever comes back within this time stands where they stood, though it was closed. */
const placeKeptMs = 30 * 60_000;

export interface AbandonmentDeps {
  readonly waits: WaitStore;
  readonly conversations: Pick<Conversations, 'happened' | 'changeOwner' | 'patch'>;
  readonly config: () => RoutingConfig;
  readonly clock: Clock;
  readonly leases: Leases;
  readonly onAbandoned: (of: { groupId: string; waitedMs: number }) => void;
  readonly onError: (error: unknown) => void;
}

/**
 * Notes customers who leave while they wait and before anybody has answered. Only those who were seen before a screen: of an
 * e-mail nobody knows whether its writer still waits. One process at a time looks, and what it looks at is stored, so that
 * neither a restart nor the end of a process with its windows loses one; each is counted once for its wait.
 */
export interface Abandonment {
  /** Looks until the signal aborts, while this process holds the lease. */
  run(signal: AbortSignal): Promise<void>;
  /** One look: what `run` does every ten seconds. */
  look(): Promise<void>;
  /** Customers are here again who had left: they stand where they stood. */
  back(states: readonly WaitState[]): Promise<void>;
}

export function createAbandonment(deps: AbandonmentDeps): Abandonment {
  const { waits, conversations, clock } = deps;

  async function lookOn(held: AbortSignal): Promise<void> {
    // After a restart of everything, everybody has to come back first.
    for (let waitMs = visitorGraceMs; !held.aborted; waitMs = lookEveryMs) {
      await clock.sleep(waitMs, held).catch(() => undefined);
      if (!held.aborted) await look().catch(deps.onError);
    }
  }

  async function look(): Promise<void> {
    const unseen = await waits.unseen(clock.now() - visitorGraceMs, atOnce);
    const left = unseen.filter(({ isUnanswered, isPromised }) => isUnanswered && !isPromised);
    await waits.end(unseen.filter((wait) => !left.includes(wait)));
    for (const wait of left) await note(wait);
  }

  async function note(wait: UnseenWait): Promise<void> {
    const { id, queuedAt, seenAt, groupId, epoch } = wait;
    const waitedMs = Math.max(0, seenAt - queuedAt);
    const config = deps.config();
    // In this order: what is written again has no effect, and it is counted by whoever marks it.
    await conversations.happened({
      conversationId: id,
      clientId: `left-${queuedAt}`,
      content: {
        type: 'system',
        event: 'customer.left',
        text: `The customer left after waiting for ${Math.round(waitedMs / 1_000)} s.`,
        data: { waitedMs: String(waitedMs) },
      },
    });
    const isFirst = await waits.leave(wait, seenAt);
    if (isFirst) deps.onAbandoned({ groupId: groupId ?? config.defaultGroupId ?? everyoneId, waitedMs });
    if (whenLeftIn(config, groupId) === 'leaves') await close(id, epoch);
    else await conversations.patch(id, {});
  }

  /** Unless an agent has it by now. */
  async function close(conversationId: string, expectEpoch: number): Promise<void> {
    try {
      await conversations.changeOwner({
        conversationId,
        expectEpoch,
        from: ['queued'],
        to: 'closed',
        why: 'left',
      });
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
    }
  }

  async function back(states: readonly WaitState[]): Promise<void> {
    await waits.comeBack(states.map(({ id }) => id));
    for (const state of states) {
      if (state.isClosed) await reopen(state);
      else await conversations.patch(state.id, {});
    }
  }

  async function reopen({ id, abandonedAt, leftQueuedAt, epoch, groupId }: WaitState): Promise<void> {
    if (abandonedAt === null || leftQueuedAt === null || clock.now() - abandonedAt > placeKeptMs) return;
    if (whenLeftIn(deps.config(), groupId) !== 'leaves') return;
    try {
      await conversations.changeOwner({
        conversationId: id,
        expectEpoch: epoch,
        from: ['closed'],
        to: 'queued',
        queuedAt: leftQueuedAt,
        why: 'came-back',
      });
    } catch (error) {
      // Somebody else has reopened it.
      if (!(error instanceof Refusal)) throw error;
    }
  }

  return { run: (signal) => deps.leases.whileHeld('abandonment', lookOn, signal), look, back };
}
