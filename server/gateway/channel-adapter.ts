import type { Capabilities, Content, LocalText, Message, SettingsField } from '@parley/sdk/protocol.ts';

/**
 * The contract between Parley and one kind of channel. An adapter knows everything that is special about its platform
 * (signatures, bodies, tokens, error codes) and nothing else: it stores nothing, it decides nothing about
 * conversations. Adding a channel is writing one folder that exports one of these; see docs/channels/write-your-own.md.
 */
export interface ChannelAdapter<Settings = Record<string, unknown>> {
  /** The channel type, as in `channels/<type>/` and in the API: `wechat-official`. */
  readonly type: string;
  readonly name: LocalText;
  readonly description: LocalText;
  /** The settings form. Every key of `Settings` has a field here; kind `secret` is write-only in the API. */
  readonly settings: readonly SettingsField[];
  readonly capabilities: Capabilities;
  /** Largest callback body, in bytes; a longer one is refused with 413 before the adapter sees it. */
  readonly maxBodyBytes: number;
  /**
   * Checks what the field list cannot say (a key's length after decoding, two settings that exclude each other).
   * @throws Refusal `settings-invalid` that names the field
   */
  checkSettings?(settings: Settings): void;
  /** Makes the live instance of one configured channel. Called again with new settings after a change. */
  open(context: ChannelContext<Settings>): ChannelInstance;
}

/** What Parley gives to a channel. */
export interface ChannelContext<Settings> {
  readonly channelId: string;
  /** Our own address as customers and platforms reach it, for absolute links to `/files/…`; absent while not set. */
  readonly publicUrl?: string;
  /** Complete: defaults filled in, types checked. */
  readonly settings: Settings;
  /** Epoch milliseconds; injected, so that windows and expiries can be tested. */
  readonly now: () => number;
  /** Waits, or throws the signal's reason. */
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
  /**
   * HTTP to the platform. The base URL is a setting of the channel (an operator's word), so private addresses are
   * allowed for its host alone. Throws `NotSent` (channel-fetch.ts) where surely nothing was sent; else `TypeError` on
   * a network error, `DOMException` `TimeoutError` on a time-out.
   */
  readonly fetch: (url: string, init?: ChannelFetchInit) => Promise<Response>;
  /**
   * A value shared by all processes and kept over restarts, renewed by one holder at a time: access tokens.
   * `renew` runs at most once at a time however many ask; its answer is kept until `expiresAt`.
   * `stale` is a value the platform has just refused: it is renewed even when it has not expired.
   */
  readonly shared: (
    key: string,
    renew: (signal: AbortSignal) => Promise<{ value: string; expiresAt: number }>,
    options?: { stale?: string },
  ) => Promise<string>;
  /** Reads a file of ours (`/files/…` of an outgoing message). */
  readonly openFile: (url: string) => Promise<{ bytes: Uint8Array; fileName: string; mimeType: string }>;
  /** Tells the operator: shown at the channel's health light until the next `ok`. No secrets, no message text. */
  readonly report: (health: { ok: true } | { ok: false; reason: string; needsPerson: boolean }) => void;
}

export type ChannelFetchInit = {
  method?: 'GET' | 'POST' | 'PUT' | 'DELETE';
  headers?: Record<string, string>;
  body?: string | Uint8Array | FormData;
  timeoutMs?: number;
  signal?: AbortSignal;
  /** Answers longer than this are refused; default 2 MiB. */
  maxBytes?: number;
  /** Answers when the head has come; the body is read as a stream, held to `maxBytes`, the time-out and the signal. */
  streamed?: boolean;
  /** The address came in a message and not from the operator: the public internet alone is reached, no exceptions. */
  untrusted?: boolean;
};

/** One configured channel, live. Everything is optional but what its platform does. */
export interface ChannelInstance {
  /**
   * Verifies and converts one callback. Pure but for the clock: it makes no request and stores nothing, so that the
   * platform's answer goes out in time. What it returns in `entries` is stored durably before `answer` is sent.
   * @throws Refusal with 400/401/403/413 for what must not be accepted; anything else thrown is a defect
   */
  receive?(request: RawRequest): Received;
  /**
   * Sends one message. Resolves when the platform has accepted it (its body was read: a 200 is not yet a success).
   * @throws Rejected it will never be accepted as it is; RetryAfter later; Gone the contact or channel is not there
   *   any more; anything else: the outcome is unknown, and without `idempotentSend` it is not repeated
   */
  send?(outbound: Outbound, signal: AbortSignal): Promise<Sent>;
  /** Shows or ends "is typing" to the contact. Failures are ignored: nobody waits for this. */
  typing?(to: OutboundTarget, on: boolean, signal: AbortSignal): Promise<void>;
  /** Fetches an inbound message's bytes: `ref` is what `receive` put in `mediaRef`. Errors as for `send`. */
  download?(ref: string, signal: AbortSignal): Promise<{ bytes: Uint8Array; fileName?: string; mimeType: string }>;
  /** For channels that pull: runs until the signal aborts. `sink` resolves when the entries are durable. */
  start?(sink: (entries: readonly InboundEntry[]) => Promise<void>, signal: AbortSignal): Promise<void>;
  /** Asks the platform whether the settings work (the console's "check" button). Throws what `send` throws. */
  check?(signal: AbortSignal): Promise<void>;
}

export interface RawRequest {
  readonly method: 'GET' | 'POST';
  /** The path behind `/hooks/{channelId}`, mostly empty. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** The raw bytes, as signed. */
  readonly body: Uint8Array;
  /** Epoch milliseconds of arrival. */
  readonly receivedAt: number;
}

export interface Received {
  /** What the platform expects to read. */
  readonly answer: HttpAnswer;
  /** Everything that the callback said, in order. Empty for handshakes and for types that mean nothing to us. */
  readonly entries: readonly InboundEntry[];
}
export interface HttpAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Who wrote, as the platform names them. `externalId` is unique within the channel. */
export interface InboundContact {
  readonly externalId: string;
  readonly name?: string;
  readonly email?: string;
  readonly phone?: string;
  readonly avatarUrl?: string;
  readonly attributes?: Readonly<Record<string, string>>;
}

/** A message or an event from the platform. `externalId` is its idempotency key within the channel. */
export type InboundEntry = InboundMessage | InboundEvent;
export interface InboundMessage {
  readonly kind: 'message';
  readonly externalId: string;
  readonly contact: InboundContact;
  /** The platform's name of the thread, where a contact may have several at once (an order's chat). */
  readonly threadId?: string;
  readonly content: Content;
  /** Handed to `download` by the processor; the content's `url` is filled in with our copy. */
  readonly mediaRef?: string;
  /** The platform's time, epoch milliseconds. */
  readonly sentAt?: number;
}
export interface InboundEvent {
  readonly kind: 'event';
  readonly externalId: string;
  readonly contact: InboundContact;
  readonly threadId?: string;
  readonly event: ChannelEvent;
  readonly sentAt?: number;
}
/** Events that are not messages. `of` is the platform's id of the message meant (ours, for a receipt, where it echoes it). */
export type ChannelEvent =
  | { readonly type: 'delivered' | 'read'; readonly of: string; readonly upTo?: boolean }
  | { readonly type: 'failed'; readonly of: string; readonly reason: string }
  | { readonly type: 'typing'; readonly on: boolean }
  | { readonly type: 'recalled'; readonly of: string }
  | { readonly type: 'edited'; readonly of: string; readonly content: Content }
  | { readonly type: 'reaction'; readonly of: string; readonly emoji: string; readonly removed: boolean }
  | { readonly type: 'followed' | 'unfollowed'; readonly scene?: string }
  | { readonly type: 'entered'; readonly page?: string; readonly scene?: string }
  | { readonly type: 'postback'; readonly payload: string; readonly title?: string; readonly of?: string }
  | { readonly type: 'contact-updated' }
  /** A platform event that means nothing to a conversation: acknowledged, counted, not stored. */
  | { readonly type: 'ignored'; readonly name: string };

export interface OutboundTarget {
  readonly contactExternalId: string;
  readonly threadId?: string;
  readonly conversationId: string;
}
export interface Outbound {
  readonly to: OutboundTarget;
  readonly message: Message;
  /** Already degraded to the channel's capabilities; several where a text had to be split. */
  readonly parts: readonly Content[];
  /** Index of the first part not yet sent: an earlier attempt may have got through some of them. */
  readonly fromPart: number;
  /**
   * Tells that a part was accepted, so that a later attempt does not repeat it. Await it before the next part. Of an adapter
   * with `idempotentSend` the last part is not noted: it may come again, with the same key.
   */
  readonly partSent: (index: number) => Promise<void>;
  /** The same on every attempt. */
  readonly idempotencyKey: string;
  /** 1 for the first. */
  readonly attempt: number;
}
export interface Sent {
  /** The platform's id of the (last) message, where it tells one: receipts name it. */
  readonly externalId?: string;
}

/** The platform will not take this message as it is: shown to the agent, not repeated. `reason` is for people. */
export class Rejected extends Error {
  override readonly name = 'Rejected';
  readonly platformCode: string | undefined;
  constructor(reason: string, options: ErrorOptions & { platformCode?: string } = {}) {
    super(reason, options);
    this.platformCode = options.platformCode;
  }
}
/** Not now: nothing was sent. Without `afterMs` the outbox's own backoff decides. */
export class RetryAfter extends Error {
  override readonly name = 'RetryAfter';
  readonly afterMs: number | undefined;
  constructor(reason: string, options: ErrorOptions & { afterMs?: number } = {}) {
    super(reason, options);
    this.afterMs = options.afterMs;
  }
}
/** The contact (blocked us, left) or the whole channel (token revoked, account closed) is not there any more. */
export class Gone extends Error {
  override readonly name = 'Gone';
  readonly what: 'contact' | 'channel';
  constructor(what: 'contact' | 'channel', reason: string, options: ErrorOptions = {}) {
    super(reason, options);
    this.what = what;
  }
}
