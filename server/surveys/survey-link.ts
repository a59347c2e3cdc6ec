import { createHmac, timingSafeEqual } from 'node:crypto';
import { openMs } from './survey-law.ts';

/** Names a conversation and until when, under a key of this installation: nobody can make one for another conversation. */
export interface SurveyLinks {
  tokenFor(conversationId: string, askedAt: number): string;
  /** The conversation that a token names; undefined: it is none of ours, or its time is over. */
  read(token: string, now: number): string | undefined;
}

export function createSurveyLinks(secret: string): SurveyLinks {
  const key = createHmac('sha256', secret).update('survey links').digest();
  const signatureOf = (named: string) => createHmac('sha256', key).update(named).digest().subarray(0, 18);
  return {
    tokenFor: (conversationId, askedAt) => {
      const named = `${conversationId}.${Math.ceil((askedAt + openMs) / 1_000).toString(36)}`;
      return `${named}.${signatureOf(named).toString('base64url')}`;
    },
    read: (token, now) => {
      const [, named = '', id, endsAt = '', signature = ''] =
        /^((\d{1,16})\.([0-9a-z]{1,10}))\.([\w-]{24})$/.exec(token) ?? [];
      if (id === undefined || !timingSafeEqual(Buffer.from(signature, 'base64url'), signatureOf(named)))
        return undefined;
      return Number.parseInt(endsAt, 36) * 1_000 > now ? id : undefined;
    },
  };
}
