import assert from 'node:assert/strict';
import type { Content } from '@parley/sdk/protocol.ts';
import type { ChannelAdapter, InboundEntry, OutboundTarget, RawRequest } from './channel-adapter.ts';
import type { PlatformScript } from './scripted-platform.ts';

/**
 * What an adapter shows of itself, so that the contract can be tried on it. Everything is made by the fixture: no
 * network, no waiting. See docs/channels/write-your-own.md.
 */
export interface AdapterFixture<Settings> {
  readonly adapter: ChannelAdapter<Settings>;
  /** Complete settings that work, with secrets made for the test. */
  readonly settings: Settings;
  /** Epoch milliseconds at which everything happens. */
  readonly now: number;
  /** Absent for a channel that pulls (then `no-callbacks` is among the gaps). */
  readonly callbacks?: CallbackFixture;
  /** Absent for a channel that cannot send (then `no-send` is among the gaps). */
  readonly sends?: SendFixture;
  /** What the platform makes impossible. A gap that the adapter does not have fails the contract, too. */
  readonly gaps?: readonly AdapterGap[];
}

/** What a platform may make impossible. */
export const gapNames = [
  'no-callbacks',
  'no-send',
  /** The platform's signature does not cover the body. */
  'body-not-signed',
  /** The platform tells no time, or repeats old callbacks without signing them anew. */
  'no-time-window',
  /** The platform's ids are never numbers. */
  'no-long-ids',
  /** The platform has no such answer. */
  'never-rejected',
  'never-retry-after',
  'never-gone',
  'never-unknown',
] as const;
export type AdapterGap = (typeof gapNames)[number];

export interface CallbackFixture {
  /** Real bodies of the platform, as its documentation or its traffic shows them, before they are sealed. */
  readonly corpus: readonly CallbackCase[];
  /** Makes the request that the platform would send: signs, encrypts, wraps. Any body must be sealed, nonsense too. */
  seal(body: Uint8Array, delivery: Delivery): RawRequest;
  /** Where the signature and all that it needs stands: without any one of these, or with one changed, it is wrong. */
  readonly signedBy: { readonly in: 'headers' | 'query'; readonly names: readonly string[] };
  /** How far a callback's time may be off, in milliseconds. Absent with the gap `no-time-window`. */
  readonly windowMs?: { readonly past: number; readonly future: number };
  /** A body whose message or event has this long number for an id. Absent with the gap `no-long-ids`. */
  readonly withId?: (id: string) => string;
  /** Checks of the address (GET with an echo): the answer that the platform expects. */
  readonly handshakes?: readonly { readonly name: string; readonly request: RawRequest; readonly answer: string }[];
}
export interface CallbackCase {
  readonly name: string;
  readonly body: string | Uint8Array;
  /** What must come out. Left out, only its shape is checked. */
  readonly entries?: readonly InboundEntry[];
}
export interface Delivery {
  /** The same on every repeat of one callback. */
  readonly callback: string;
  /** 1 for the first. */
  readonly attempt: number;
  /** Epoch milliseconds: the platform's clock when it signs, and ours when it arrives. */
  readonly at: number;
}

export interface SendFixture {
  /** The platform accepts everything. */
  readonly accepts: PlatformScript;
  /** At least one for every kind of outcome, but for those that are among the gaps. */
  readonly cases: readonly SendCase[];
  /** Who it is sent to; made up when absent. */
  readonly to?: OutboundTarget;
}
export interface SendCase {
  readonly name: string;
  readonly answers: PlatformScript;
  readonly expected: SendOutcome;
  /** One text when absent. */
  readonly parts?: readonly Content[];
  /** 1 when absent. */
  readonly attempt?: number;
}
export type SendOutcome =
  | { readonly kind: 'sent'; readonly externalId?: string }
  | { readonly kind: 'rejected'; readonly platformCode?: string }
  | { readonly kind: 'retry-after'; readonly afterMs?: number }
  | { readonly kind: 'gone'; readonly what: 'contact' | 'channel' }
  | { readonly kind: 'unknown' };

/** One sentence that holds for every adapter, and the attempt to refute it. */
export interface Claim {
  readonly name: string;
  run(): void | Promise<void>;
}

/** The gaps of one fixture. */
export type Gaps = ReadonlySet<AdapterGap>;

/** No error of an adapter may show a secret: errors stand in logs and on screens. */
export function assertKeepsSecrets<S>({ adapter, settings }: AdapterFixture<S>, message: string): void {
  for (const field of adapter.settings.filter(({ kind }) => kind === 'secret')) {
    const secret = (settings as Record<string, unknown>)[field.key];
    if (typeof secret === 'string' && secret !== '')
      assert.ok(!message.includes(secret), `${field.key} stands in an error.`);
  }
}
