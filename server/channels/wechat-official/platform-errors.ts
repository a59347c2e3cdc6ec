import { Gone, Rejected, RetryAfter } from '../../gateway/channel-adapter.ts';

/** What may mend a refusal without a person: each is tried once, then the call is repeated once. */
export type Remedy = 'renew-token' | 'upload-again';

/** A refusal that nothing of ours mends ("全局返回码", developers.weixin.qq.com). */
export interface Failure {
  readonly error: Rejected | RetryAfter | Gone;
  /** The operator must mend it: it stands at the channel's light. */
  readonly needsPerson: boolean;
}

const hour = 60 * 60_000;

const reasons: Readonly<Record<number, string>> = {
  40003: 'WeChat does not know this user for the account any more.',
  43004: 'The user does not follow the account any more.',
  43005: 'The user is not a friend of the account any more.',
  50005: 'The user does not follow the account any more.',
  43019: 'The user is on the account’s black list.',
  48002: 'The user refuses messages of the account.',
  50002: 'WeChat has restricted this user.',
  40004: 'WeChat does not take this kind of file.',
  40005: 'WeChat does not take this kind of file.',
  40006: 'The file is too large for WeChat.',
  40007: 'WeChat does not know the uploaded file any more.',
  40008: 'WeChat does not know this type of message.',
  40009: 'The picture is too large for WeChat.',
  40010: 'The voice message is too large for WeChat.',
  40011: 'The video is too large for WeChat.',
  40012: 'The thumbnail is too large for WeChat.',
  45001: 'The file is too large for WeChat.',
  45007: 'The voice message is longer than WeChat takes.',
  44004: 'The message is empty.',
  45002: 'The text is longer than WeChat takes.',
  45008: 'WeChat takes one article in a message.',
  45015: 'The reply window is over: the customer must write first.',
  45047: 'The number of replies to the customer’s last message is used up: the customer must write first.',
  61451: 'WeChat does not take a parameter of this message.',
  61452: 'WeChat does not know the service account that was named.',
  40013: 'WeChat does not know the AppID: check the channel’s settings.',
  40125: 'The AppSecret is wrong: check the channel’s settings.',
  40001: 'WeChat refuses the access token again: the AppSecret is wrong, or another system renews it.',
  40014: 'WeChat takes none of our access tokens now.',
  41001: 'WeChat misses our access token.',
  42001: 'WeChat says of a new access token that it has ended.',
  48001: 'The account has no right to use this interface: is it a verified service account?',
  48004: 'WeChat has banned this interface for the account.',
  45009: 'The account’s daily quota is used up until midnight.',
  45011: 'WeChat asks for fewer requests.',
  [-1]: 'WeChat is busy.',
};

const expiredTokens: ReadonlySet<number> = new Set([40014, 41001, 42001]);
const goneContacts: ReadonlySet<number> = new Set([40003, 43004, 43005, 50005]);
const goneChannels: ReadonlySet<number> = new Set([40001, 40013, 40125]);
/** A person mends them (address list, rights), and then it goes on: nothing was sent meanwhile. */
const operatorsTurn: ReadonlySet<number> = new Set([40164, 48001, 48004]);

/** @param code `errcode` of the answer, other than 0 */
export function remedyOf(code: number): Remedy | undefined {
  if (code === 40001 || expiredTokens.has(code)) return 'renew-token';
  return code === 40007 ? 'upload-again' : undefined;
}

/**
 * What is left of a refusal when its remedy, if there is one, has not helped.
 *
 * @param message the platform's `errmsg`
 * @param now epoch milliseconds: the daily quota ends at midnight in China
 */
export function failureOf(code: number, message: string, now: number): Failure {
  const reason = reasonOf(code, message);
  if (code === -1 || code === 45011 || expiredTokens.has(code)) {
    return { error: new RetryAfter(reason), needsPerson: false };
  }
  if (code === 45009) {
    return { error: new RetryAfter(reason, { afterMs: untilMidnightInChina(now) }), needsPerson: true };
  }
  if (operatorsTurn.has(code)) return { error: new RetryAfter(reason, { afterMs: hour }), needsPerson: true };
  if (goneChannels.has(code)) return { error: new Gone('channel', reason), needsPerson: true };
  if (goneContacts.has(code)) return { error: new Gone('contact', reason), needsPerson: false };
  return { error: new Rejected(reason, { platformCode: String(code) }), needsPerson: false };
}

/** The same for the call that asks for a token. It says nothing of a message, so no message fails by it for good. */
export function tokenFailureOf(code: number, message: string, now: number): Failure {
  const failure = failureOf(code, message, now);
  const isOfTheChannel = failure.error instanceof RetryAfter || goneChannels.has(code);
  return isOfTheChannel
    ? failure
    : { error: new RetryAfter(failure.error.message, { afterMs: hour }), needsPerson: true };
}

function reasonOf(code: number, message: string): string {
  if (code === 40164) {
    const [, address = 'address'] = /invalid ip ([0-9a-f.:]+)/i.exec(message) ?? [];
    return `This server’s ${address} is not on the account’s IP list (IP白名单). (${code})`;
  }
  return `${reasons[code] ?? `WeChat refuses it: ${message.slice(0, 120)}`} (${code})`;
}

function untilMidnightInChina(now: number): number {
  const day = 24 * hour;
  const sinceMidnight = (now + 8 * hour) % day;
  return day - sinceMidnight;
}
