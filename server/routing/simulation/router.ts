import type { Presence } from '@parley/sdk/protocol.ts';
import type { WaitRange } from '../wait-estimate.ts';
import type { Customer, Worker } from './workload.ts';

/** A customer who waits, now or again. */
export interface Waiting {
  readonly customer: Customer;
  /** Counts how often it has come to the queue. */
  readonly epoch: number;
  /** Who served the contact last in this run. */
  readonly lastAgent: { readonly id: string; readonly at: number } | null;
}

/** What a router wants done. */
export type Step =
  | { readonly kind: 'give'; readonly customerId: string; readonly workerId: string }
  | { readonly kind: 'offer'; readonly customerId: string; readonly workerId: string; readonly expiresAt: number }
  | { readonly kind: 'missed'; readonly customerId: string; readonly workerId: string }
  | { readonly kind: 'break'; readonly workerId: string }
  /** The customer who waits can be told a range for the wait from now on. */
  | { readonly kind: 'told'; readonly customerId: string; readonly estimate: WaitRange }
  /** It waits for no agent any longer: a bot has it. */
  | { readonly kind: 'deflected'; readonly customerId: string };

/** Who decides in a simulation: the dispatcher's own core, or what it is compared with. */
export interface Router {
  presence(worker: Worker, presence: Presence, now: number): void;
  /** Comes for the first time, or back from an agent who has vanished or cannot help. */
  arrive(waiting: Waiting, now: number): void;
  abandon(customerId: string, now: number): void;
  /** The agent has brought it to an end, or lost it: who comes back arrives again. */
  finish(customerId: string, workerId: string, now: number): void;
  /** @returns whether the offer still stood */
  accept(customerId: string, workerId: string, now: number): boolean;
  decide(now: number): Step[];
  /** When to ask although nothing happens. */
  nextAt(): number | undefined;
}
