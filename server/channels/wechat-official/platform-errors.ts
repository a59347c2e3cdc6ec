import { Gone, Rejected, RetryAfter } from '../../gateway/channel-adapter.ts';

/** What an answer of the platform means to us ("全局返回码", developers.weixin.qq.com). */
export type Verdict =
  | { readonly kind: 'ok' }
  /** The access token is not taken: renew it once, repeat once. */
  | { readonly kind: 'token' }
  /** Our media id is not known any more: upload once, repeat once. */
  | { readonly kind: 'media' }
  | { readonly kind: 'error'; readonly error: Error; readonly needsPerson: boolean };

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
  40164: 'This server’s address is not on the account’s IP list (IP白名单).',
  40001: 'WeChat refuses the access token again: the AppSecret is wrong, or another system renews it.',
  48001: 'The account has no right to use this interface: is it a verified service account?',
  48004: 'WeChat has banned this interface for the account.',
  45009: 'The account’s daily quota is used up until midnight.',
  45011: 'WeChat asks for fewer requests.',
  [-1]: 'WeChat is busy.',
};

const goneContacts: ReadonlySet<number> = new Set([40003, 43004, 43005, 50005]);
const goneChannels: ReadonlySet<number> = new Set([40013, 40125]);
const operatorProblems: ReadonlySet<number> = new Set([40001, 40013, 40125, 40164, 45009, 48001, 48004]);
const tokens: ReadonlySet<number> = new Set([40001, 40014, 41001, 42001]);

/**
 * @param code `errcode` of the answer; 0 for success
 * @param now epoch milliseconds: the daily quota ends at midnight in China
 */
export function judge(code: number, message: string, now: number): Verdict {
  if (code === 0) return { kind: 'ok' };
  if (tokens.has(code)) return { kind: 'token' };
  if (code === 40007) return { kind: 'media' };
  return { kind: 'error', error: errorOf(code, message, now), needsPerson: operatorProblems.has(code) };
}

/** The error that is left when renewing or uploading once more has not helped. */
export function errorOf(code: number, message: string, now: number): Error {
  const reason = `${reasons[code] ?? `WeChat refuses it: ${message.slice(0, 120)}`} (${code})`;
  if (code === -1 || code === 45011) return new RetryAfter(reason);
  if (code === 45009) return new RetryAfter(reason, { afterMs: untilMidnightInChina(now) });
  // A person mends it (address list, rights), and then it goes on: nothing was sent meanwhile.
  if (code === 40164 || code === 48001 || code === 48004) return new RetryAfter(reason, { afterMs: hour });
  if (goneContacts.has(code)) return new Gone('contact', reason);
  if (goneChannels.has(code) || tokens.has(code)) return new Gone('channel', reason);
  return new Rejected(reason, { platformCode: String(code) });
}

function untilMidnightInChina(now: number): number {
  const day = 24 * hour;
  const sinceMidnight = (now + 8 * hour) % day;
  return day - sinceMidnight;
}
