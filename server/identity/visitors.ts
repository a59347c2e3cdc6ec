import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { jwtVerify, SignJWT } from 'jose';
import type { Clock } from '../base/clock.ts';
import { newId } from '../base/ids.ts';
import type { ConversationStore } from '../conversation/conversation-store.ts';
import type { InboundContact } from '../gateway/channel-adapter.ts';
import { Refusal } from '../gateway/refusal.ts';

const tokenMs = 180 * 24 * 60 * 60_000;

/** What the visitor's sign-in needs of a web channel's settings. */
export interface VisitorChannel {
  readonly id: string;
  readonly allowedOrigins: readonly string[];
  readonly identitySecret: string | undefined;
  readonly identityRequired: boolean;
}

export interface Visitor {
  readonly contactId: string;
  readonly contactName: string | undefined;
  readonly channelId: string;
  readonly expiresAt: number;
}

/** Who the host page says is signed in, and its proof. */
export type IdentityClaim =
  | { readonly externalId: string; readonly hash: string; readonly name?: string; readonly email?: string }
  | { readonly jwt: string };

export interface VisitRequest {
  readonly visitorToken?: string;
  /** At least 128 random bits; whoever has them is this visitor. */
  readonly visitorKey?: string;
  readonly identity?: IdentityClaim;
}

/** Visitors: their tokens, each for one contact of one channel, and the proof of who they are on the host site. */
export interface Visitors {
  /**
   * A token for a new, a returning or a proved visitor. `visitorKey` is the browser's own secret for who is new: however
   * often and from however many tabs one is asked for with it, it is the same contact.
   * @param beforeNew called before somebody is stored whom nobody knows or has proved; may throw to refuse
   * @throws Refusal `unauthorized` when an identity is not proved or the token is not one of ours
   */
  begin(
    channel: VisitorChannel,
    request: VisitRequest,
    beforeNew?: () => void,
  ): Promise<{ visitorToken: string; contactId: string; conversationId: string | null }>;
  /** @throws Refusal `unauthorized` */
  authenticate(token: string): Promise<Visitor>;
}

export function createVisitors(deps: { secret: string; store: ConversationStore; clock: Clock }): Visitors {
  const { store, clock } = deps;
  const key = createHmac('sha256', deps.secret).update('visitor tokens').digest();

  function issue(visitor: Omit<Visitor, 'expiresAt'>): Promise<string> {
    const now = Math.floor(clock.now() / 1_000);
    return new SignJWT({
      ch: visitor.channelId,
      ...(visitor.contactName === undefined ? {} : { name: visitor.contactName }),
    })
      .setProtectedHeader({ alg: 'HS256' })
      .setSubject(visitor.contactId)
      .setIssuedAt(now)
      .setExpirationTime(now + tokenMs / 1_000)
      .sign(key);
  }

  async function authenticate(token: string): Promise<Visitor> {
    try {
      const { payload } = await jwtVerify(token, key, { algorithms: ['HS256'], currentDate: new Date(clock.now()) });
      const { sub, ch, name, exp } = payload;
      if (typeof sub !== 'string' || typeof ch !== 'string' || exp === undefined) throw new Error('incomplete');
      return {
        contactId: sub,
        channelId: ch,
        contactName: typeof name === 'string' ? name : undefined,
        expiresAt: exp * 1_000,
      };
    } catch (error) {
      throw new Refusal('unauthorized', 'The visitor token is missing, wrong or has expired: begin a new session.', {
        cause: error,
      });
    }
  }

  async function contactFor(
    channel: VisitorChannel,
    request: VisitRequest,
    beforeNew: () => void,
  ): Promise<Omit<Visitor, 'expiresAt'>> {
    if (request.identity !== undefined) {
      const contact = await proveIdentity(channel, request.identity, clock.now());
      const contactId = await store.ensureContact(channel.id, contact, { verified: true, at: clock.now() });
      return { contactId, contactName: contact.name, channelId: channel.id };
    }
    if (channel.identityRequired)
      throw new Refusal('unauthorized', 'identity: this channel is for verified customers only.', {
        field: 'identity',
      });
    if (request.visitorToken !== undefined) {
      const visitor = await authenticate(request.visitorToken).catch(() => undefined);
      const isKnown = visitor?.channelId === channel.id && (await store.contact(visitor.contactId)) !== undefined;
      // A token outlives its contact when that was erased: then this is somebody new.
      if (isKnown) return visitor;
    }
    const { visitorKey } = request;
    // What is kept and shown to agents must not be what opens the conversation.
    const name = visitorKey === undefined ? newId(clock.now()) : createHash('sha256').update(visitorKey).digest('hex');
    const anonymous = { externalId: `anonymous:${name}` };
    const isNew = visitorKey === undefined || (await store.findContact(channel.id, anonymous.externalId)) === undefined;
    if (isNew) beforeNew();
    const contactId = await store.ensureContact(channel.id, anonymous, { verified: false, at: clock.now() });
    return { contactId, contactName: undefined, channelId: channel.id };
  }

  return {
    begin: async (channel, request, beforeNew = () => undefined) => {
      const visitor = await contactFor(channel, request, beforeNew);
      const conversationId = await store.currentConversation(visitor.contactId, channel.id, '');
      return {
        visitorToken: await issue(visitor),
        contactId: visitor.contactId,
        conversationId: conversationId ?? null,
      };
    },
    authenticate,
  };
}

/**
 * The host site's word on who is signed in: hex HMAC-SHA256 of the external id, or a JWT (HS256) with `sub` and `exp`,
 * both with the channel's identity secret.
 */
async function proveIdentity(channel: VisitorChannel, claim: IdentityClaim, now: number): Promise<InboundContact> {
  const { identitySecret } = channel;
  if (identitySecret === undefined) {
    throw new Refusal('unauthorized', 'identity: this channel has no identity secret, so nobody can be verified.', {
      field: 'identity',
    });
  }
  if ('jwt' in claim) return fromJwt(claim.jwt, identitySecret, now);
  const expected = createHmac('sha256', identitySecret).update(claim.externalId).digest();
  const given = Buffer.from(claim.hash, 'hex');
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
    throw new Refusal('unauthorized', 'identity.hash: does not prove this external id.', { field: 'identity.hash' });
  }
  return contactOf(claim.externalId, claim.name, claim.email);
}

async function fromJwt(jwt: string, secret: string, now: number): Promise<InboundContact> {
  try {
    const { payload } = await jwtVerify(jwt, new TextEncoder().encode(secret), {
      algorithms: ['HS256'],
      requiredClaims: ['sub', 'exp'],
      currentDate: new Date(now),
    });
    const { sub, name, email } = payload as { sub?: unknown; name?: unknown; email?: unknown };
    // Everybody whom a host site signs in without naming them would be one and the same contact.
    if (typeof sub !== 'string' || sub === '') throw new Error('sub names nobody');
    return contactOf(sub, typeof name === 'string' ? name : undefined, typeof email === 'string' ? email : undefined);
  } catch (error) {
    throw new Refusal('unauthorized', 'identity.jwt: wrong signature, or expired.', {
      field: 'identity.jwt',
      cause: error,
    });
  }
}

/** A proved id never meets an anonymous one, whatever it is called. */
function contactOf(externalId: string, name: string | undefined, email: string | undefined): InboundContact {
  return {
    externalId: `verified:${externalId}`,
    ...(name === undefined ? {} : { name: name.slice(0, 200) }),
    ...(email === undefined ? {} : { email: email.slice(0, 320) }),
  };
}
