import { randomBytes } from 'node:crypto';
import { type Answer, refusal } from './simulated-answer.ts';

/** A new token is made this long before the former one ends; both are valid meanwhile. */
const longestOverlapMs = 5 * 60_000;
const forced = { perDay: 20, apartMs: 30_000, dayMs: 24 * 60 * 60_000 } as const;

type Token = { readonly value: string; readonly expiresAt: number };

/** The platform's access tokens by the rules of `stable_token`: the same one however often it is asked. */
export function createTokens({
  account,
  now,
  lifetimeMs,
}: {
  account: { readonly appId: string; readonly appSecret: string };
  now: () => number;
  lifetimeMs: number;
}) {
  const overlapMs = Math.min(longestOverlapMs, lifetimeMs / 2);
  const forcedAt: number[] = [];
  let current: Token | undefined;
  let former: Token | undefined;

  function force(): Answer | undefined {
    const today = forcedAt.filter((at) => at > now() - forced.dayMs);
    if (today.length >= forced.perDay) return refusal(45_009, 'reach max force_refresh quota');
    if (today.some((at) => at > now() - forced.apartMs)) return refusal(45_011, 'force_refresh too often');
    forcedAt.push(now());
    former = undefined;
    current = undefined;
    return undefined;
  }

  function issue(body: Readonly<Record<string, unknown>>): Answer {
    if (body.grant_type !== 'client_credential') return refusal(40_002, 'invalid grant_type');
    if (body.appid !== account.appId) return refusal(40_013, 'invalid appid');
    if (body.secret !== account.appSecret) return refusal(40_125, 'invalid appsecret');
    const no = body.force_refresh === true ? force() : undefined;
    if (no !== undefined) return no;
    if (current === undefined || current.expiresAt - overlapMs <= now()) {
      former = current;
      current = { value: randomBytes(48).toString('base64url'), expiresAt: now() + lifetimeMs };
    }
    return { access_token: current.value, expires_in: Math.ceil((current.expiresAt - now()) / 1_000) };
  }

  function check(given: string | null): Answer | undefined {
    if (given === null || given === '') return refusal(41_001, 'access_token missing');
    const known = [current, former].find((token) => token?.value === given);
    if (known === undefined) {
      return refusal(40_001, 'invalid credential, access_token is invalid or not latest');
    }
    return known.expiresAt <= now() ? refusal(42_001, 'access_token expired') : undefined;
  }

  return {
    issue,
    check,
    revoke: () => {
      current = undefined;
      former = undefined;
    },
  };
}
