import type { Message } from '@parley/sdk/protocol.ts';

/** One delivery that is due: everything that the adapter needs to send it. */
export interface DueDelivery {
  readonly id: string;
  readonly channelId: string;
  readonly conversationId: string;
  readonly contactExternalId: string;
  readonly threadId: string;
  readonly message: Message;
  /** Attempts that have begun before. */
  readonly attempts: number;
  readonly fromPart: number;
  /** An earlier attempt began and its end was never learned: the process died in the middle of it. */
  readonly interrupted: boolean;
}

export interface DueDeliveries {
  readonly deliveries: readonly DueDelivery[];
  /** There may be more that are due than were asked for. */
  readonly mayHaveMore: boolean;
  /** Those that wait behind others stand before some that could leave: `putBehind`, and look again. */
  readonly isCrowded: boolean;
}

/** How a delivery ended for now. */
export type DeliveryOutcome =
  | { readonly kind: 'sent'; readonly externalId?: string; readonly deliveredAs?: string }
  | { readonly kind: 'later'; readonly at: number; readonly reason: string }
  | { readonly kind: 'failed' | 'unknown'; readonly reason: string };

export interface DeadDelivery {
  readonly id: string;
  readonly channelId: string;
  readonly conversationId: string;
  readonly seq: number;
  readonly reason: string;
  readonly attempts: number;
  readonly createdAt: number;
}

/** The outbox's rows: written by `append` with the message, taken and finished here. */
export interface OutboxStore {
  /**
   * Due deliveries of a channel, at most one of each conversation (its oldest), oldest first.
   *
   * @param underway conversations of which the caller has one already: nothing of them is answered
   */
  due(channelId: string, now: number, limit: number, underway?: ReadonlySet<string>): Promise<DueDeliveries>;
  /**
   * Puts off some of those that are due but wait behind an earlier one of their conversation, until that one's time, or for a
   * moment where it has come; whichever way that one leaves, the next is due at once. So where a platform is down, a look
   * reads a bounded part of a backlog, and each of it once an attempt.
   */
  putBehind(channelId: string, now: number, limit: number): Promise<void>;
  /** When a delivery that is not due yet will be; undefined when none waits for its time. */
  nextAt(channelId: string, now: number): Promise<number | undefined>;
  /**
   * The clock was set back by so much, or may have been while nobody looked (0): what waits for its time waits no longer
   * for that, and a first attempt, which never has to wait, is due.
   */
  bringForward(channelId: string, now: number, byMs: number): Promise<void>;
  /**
   * Notes durably that an attempt begins. Must be waited for before the request leaves. False when the row is not as it
   * was read, after so many attempts: another process took it.
   */
  begin(id: string, attempts: number): Promise<boolean>;
  partSent(id: string, nextPart: number): Promise<void>;
  /**
   * Ends the attempt; answers the changed message for the event, where its state changed. That it was sent holds whatever
   * others have concluded meanwhile; any other end changes nothing when a later attempt has begun, or has sent it. What waited
   * behind it is due now, and `hasNext` says that something did.
   */
  finish(
    delivery: DueDelivery,
    outcome: DeliveryOutcome,
    now: number,
  ): Promise<{ message: Message; changes: number; hasNext: boolean } | undefined>;
  /** Puts a failed or unknown message back into the outbox. Undefined when it is in no such state. */
  resend(
    conversationId: string,
    seq: number,
    now: number,
  ): Promise<{ message: Message; changes: number; channelId: string } | undefined>;
  dead(page: { after?: string; limit: number }): Promise<DeadDelivery[]>;
  deadById(id: string): Promise<{ conversationId: string; seq: number } | undefined>;
  removeDead(id: string): Promise<boolean>;
  counts(): Promise<{ queued: number; sending: number; dead: number; oldestAt: number | undefined }>;
}
