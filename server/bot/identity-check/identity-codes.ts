import { createHmac, hkdfSync, randomBytes, randomInt } from 'node:crypto';
import type { Clock } from '../../base/clock.ts';
import { type CallResult, encoded, type FlowCall } from '../dialogue/run-flow.ts';
import type { CodeRequest, IdentityDoor } from './code-exchange.ts';
import { codeLaw } from './code-law.ts';
import { codeDigits } from './code-text.ts';
import type { IdentityCheck, IdentityStore } from './identity-store.ts';
import { isEmail, maskAddress, plainAddress, standInFor } from './known-address.ts';

/** Sending takes its time, and not sending takes none: nobody is answered earlier than so, and it does not show which it was. */
const evenMs = 2_000;
const mailWithinMs = 8_000;
const forgetEveryMs = 10 * 60_000;

/** Sends one e-mail, to whomever. @throws where the mail server did not take it */
export type SendMail = (
  mail: { readonly to: string; readonly subject: string; readonly text: string },
  signal: AbortSignal,
) => Promise<void>;

/** One-time codes by which customers prove who they are. */
export interface IdentityCodes {
  door(about: DoorOf): IdentityDoor;
  checkOf(conversationId: string): Promise<IdentityCheck | undefined>;
  /** Deletes what counts no more. */
  forget(): Promise<void>;
}
interface DoorOf {
  readonly conversationId: string;
  readonly contactId: string;
  /** The customer's entry that it is about. */
  readonly seq: number;
  /** How long the conversation counts as checked. */
  readonly checkedForMs: number;
}

export interface IdentityCodesDeps {
  readonly store: IdentityStore;
  /** Of the installation. */
  readonly secret: string;
  readonly clock: Clock;
  /** Absent: the installation has no mail server. */
  readonly mail?: SendMail | undefined;
  readonly call: (call: FlowCall, options: { key: string; signal: AbortSignal }) => Promise<CallResult>;
  /** Why a code did not arrive, for the operator: without address and code. */
  readonly onUndelivered: (why: string) => void;
  /** Nobody is answered earlier. */
  readonly evenMs?: number;
  /** Six digits, for tests. */
  readonly makeCode?: () => string;
}

/**
 * Codes are kept as keyed hashes (HMAC-SHA256 with a key derived from the installation's secret), bound to their conversation,
 * contact and place: who reads the store has no code, and no list of addresses.
 *
 * A code is sent while the customer waits, and is not put into the outbox: there it would lie in plain words until it is sent,
 * and who is told at once that it did not leave can ask for another one, or for a person.
 */
export function createIdentityCodes(deps: IdentityCodesDeps): IdentityCodes {
  const { store, clock } = deps;
  const key = Buffer.from(hkdfSync('sha256', deps.secret, 'parley', 'identity codes', 32));
  const hash = (...parts: readonly (string | number)[]) =>
    createHmac('sha256', key).update(JSON.stringify(parts)).digest('base64url');
  const makeCode = deps.makeCode ?? (() => String(randomInt(10 ** codeDigits)).padStart(codeDigits, '0'));
  let forgotAt = Number.NEGATIVE_INFINITY;
  const checkOf = (conversationId: string) => store.checkOf(conversationId, clock.now());

  function door({ conversationId, contactId, seq, checkedForMs }: DoorOf): IdentityDoor {
    const hashOf = (code: string, at: { seq: number; stepId: string }) =>
      hash('code', conversationId, contactId, at.seq, at.stepId, code);

    const send: IdentityDoor['send'] = async (request, signal) => {
      const { stepId, isOwn } = request;
      const address = usableAddress(request);
      const shown = shownAs(request, address, key);
      // What has no address is counted and waited for all the same.
      const addressHash = hash('address', address ?? `none:${request.question}`);
      const known = await checkOf(conversationId);
      if (address !== null && known?.addressHash === addressHash) return { kind: 'checked', proof: addressHash };
      const at = clock.now();
      const code = makeCode();
      const codeHash = address === null ? hash('none', randomBytes(16).toString('hex')) : hashOf(code, { seq, stepId });
      const kept = await store.issue(
        {
          ...{ conversationId, contactId, seq, stepId, addressHash, shown, isOwn, codeHash, at },
          expiresAt: at + codeLaw.expiresAfterMs,
        },
        { since: at - codeLaw.windowMs, most: codeLaw.mostCodes },
      );
      if (!kept) return { kind: 'too-many', shown };
      const [why] = await Promise.all([
        deliver(deps, request, { address, code }, signal),
        deps.evenMs === 0 ? undefined : clock.sleep(deps.evenMs ?? evenMs, signal),
      ]);
      if (why === undefined) return { kind: 'sent', seq, shown };
      deps.onUndelivered(why);
      await store.withdraw({ conversationId, seq, stepId });
      return { kind: 'undelivered', shown };
    };

    const type: IdentityDoor['type'] = async ({ stepId, seq: sentSeq, code }) => {
      const at = clock.now();
      const place = { conversationId, seq: sentSeq, stepId };
      const attempted = await store.attempt({
        ...{ ...place, contactId, typedSeq: seq, at, mostTries: codeLaw.mostTries },
        ...{ codeHash: hashOf(code, place), checkedUntil: at + checkedForMs },
      });
      if (attempted.kind !== 'right') return attempted;
      const check = await checkOf(conversationId);
      // The conversation is another customer's by now.
      if (check === undefined) return { kind: 'expired' };
      const { addressHash: proof, isOwn, shown, until } = check;
      return { kind: 'right', proof, isOwn, shown, until };
    };
    return { send, type };
  }

  return {
    door,
    checkOf,
    forget: async () => {
      if (clock.elapsed() - forgotAt < forgetEveryMs) return;
      forgotAt = clock.elapsed();
      await store.forget(clock.now() - codeLaw.windowMs);
    },
  };
}

/** An e-mail goes to one mailbox and to nothing else. */
function usableAddress({ address, send }: CodeRequest): string | null {
  const plain = address === null ? null : plainAddress(address);
  return plain !== null && send.kind === 'email' && !isEmail(plain) ? null : plain;
}

function shownAs({ told, question, kind }: CodeRequest, address: string | null, key: Buffer): string {
  if (told !== null) return maskAddress(plainAddress(told) ?? told);
  return address === null ? standInFor(question, kind, key) : maskAddress(address);
}

/** @returns why it did not leave; undefined: it did, or there is nobody to send it to */
async function deliver(
  deps: IdentityCodesDeps,
  { send, flowId, stepId, slots, mail }: CodeRequest,
  { address, code }: { address: string | null; code: string },
  signal: AbortSignal,
): Promise<string | undefined> {
  if (send.kind === 'email' && deps.mail === undefined) return 'no mail server is set';
  if (address === null) return undefined;
  if (send.kind === 'email') {
    const inTime = AbortSignal.any([signal, AbortSignal.timeout(mailWithinMs)]);
    const text = mail.text.replaceAll('{code}', code);
    const sent = deps.mail?.({ to: address, subject: mail.subject, text }, inTime);
    return sent?.then(
      () => undefined,
      (error: unknown) => (error as Error).message,
    );
  }
  const values = { ...slots, code, address };
  const call: FlowCall = {
    ...{ flowId, stepId, method: send.method, timeoutMs: send.timeoutMs },
    url: encoded(send.url, values, encodeURIComponent),
    body: encoded(send.body, values, (value) => JSON.stringify(value).slice(1, -1)),
  };
  // A code made anew about the same message is another one: whoever sends it must not take it for a repeat.
  const result = await deps.call(call, { key: `parley-code-${randomBytes(12).toString('base64url')}`, signal });
  if (result.kind === 'failed') return result.why;
  return result.status >= 200 && result.status <= 299 ? undefined : `it was answered with ${result.status}`;
}
