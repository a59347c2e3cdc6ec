import { maxFileBytes } from '@parley/sdk/protocol.ts';
import Type from 'typebox';
import type { Channels, LiveChannel } from '../gateway/channels.ts';
import { Refusal } from '../gateway/refusal.ts';
import { withDefaults } from '../gateway/settings.ts';
import type { WebSettings } from '../gateway/web-settings.ts';
import type { VisitorLimits } from '../identity/visitor-limits.ts';
import type { VisitorChannel, Visitors } from '../identity/visitors.ts';
import type { LongPoll } from '../realtime/long-poll.ts';
import type { App } from './app.ts';
import type { RequestAuth } from './auth.ts';
import { problems } from './schemas.ts';

/** What the chat on a page asks of us over HTTP: from other origins, so with CORS for those the channel allows. */
export function visitorRoutes(
  app: App,
  deps: {
    channels: Channels;
    visitors: Visitors;
    limits: Pick<VisitorLimits, 'countNew'>;
    auth: RequestAuth;
    longPoll: LongPoll;
    /** Whether there is something to read in the help centre. */
    hasHelp: () => Promise<boolean>;
  },
): void {
  const { channels, visitors, auth } = deps;

  app.addHook('onRequest', async (request, reply) => {
    const isForVisitors = /^\/(api\/v1\/(visitor\/|files|conversations\/)|files\/)/.test(request.url);
    const { origin } = request.headers;
    if (!isForVisitors || origin === undefined) return;
    // Tokens travel in a header and never in a cookie, so any origin may ask; what a channel allows is checked at its session.
    reply.headers({
      'access-control-allow-origin': origin,
      vary: 'origin',
      'access-control-expose-headers': 'retry-after',
    });
    if (request.method !== 'OPTIONS') return;
    reply.headers({
      'access-control-allow-methods': 'GET, POST, OPTIONS',
      'access-control-allow-headers': 'authorization, content-type',
      'access-control-max-age': '7200',
    });
    return reply.status(204).send();
  });
  app.options('/*', { schema: { hide: true } }, async () => {
    throw new Refusal('not-found', 'There is nothing at this address.');
  });

  app.get(
    '/api/v1/visitor/config',
    {
      schema: {
        security: [],
        querystring: Type.Object({ channelId: Type.String({ maxLength: 32 }) }),
        response: {
          200: Type.Object({ channelId: Type.String(), enabled: Type.Boolean() }, { additionalProperties: true }),
          ...problems,
        },
      },
    },
    async (request, reply) => {
      const channel = await webChannel(channels, request.query.channelId);
      const settings = settingsOf(channel);
      reply.header('cache-control', 'public, max-age=60');
      return {
        channelId: channel.record.id,
        enabled: true,
        // Never the channel's name, which is for the team: the widget has words of its own where there is no title.
        title: settings.title ?? '',
        greeting: { en: settings.greeting ?? '', 'zh-CN': settings.greetingZh ?? settings.greeting ?? '' },
        color: settings.color,
        position: settings.position,
        launcherText: settings.launcherText ?? '',
        maxFileBytes,
        identityRequired: settings.identityRequired,
        help: await deps.hasHelp(),
      };
    },
  );

  app.post(
    '/api/v1/visitor/sessions',
    {
      schema: {
        security: [],
        body: Type.Object({
          channelId: Type.String({ maxLength: 32 }),
          visitorToken: Type.Optional(Type.String({ maxLength: 2_000 })),
          visitorKey: Type.Optional(
            Type.String({
              pattern: '^[A-Za-z0-9_-]{22,64}$',
              description:
                'A secret of this browser, of at least 128 random bits: who asks for a new visitor with it, once more or in another tab, gets the same one.',
            }),
          ),
          identity: Type.Optional(
            Type.Union([
              Type.Object({ jwt: Type.String({ maxLength: 4_000 }) }),
              Type.Object({
                externalId: Type.String({ minLength: 1, maxLength: 150 }),
                hash: Type.String({ maxLength: 128 }),
                name: Type.Optional(Type.String({ maxLength: 200 })),
                email: Type.Optional(Type.String({ maxLength: 320 })),
              }),
            ]),
          ),
        }),
        response: {
          200: Type.Object({
            visitorToken: Type.String(),
            contactId: Type.String(),
            conversationId: Type.Union([Type.String(), Type.Null()]),
          }),
          ...problems,
        },
      },
    },
    async (request) => {
      const { channelId, visitorToken, visitorKey, identity } = request.body;
      const channel = visitorChannel(await webChannel(channels, channelId));
      checkOrigin(channel, request.headers.origin);
      const visit = {
        ...(visitorToken === undefined ? {} : { visitorToken }),
        ...(visitorKey === undefined ? {} : { visitorKey }),
        ...(identity === undefined ? {} : { identity: identity as never }),
      };
      return visitors.begin(channel, visit, () => deps.limits.countNew(request.ip));
    },
  );

  app.post(
    '/api/v1/visitor/poll',
    {
      schema: {
        body: Type.Object({
          session: Type.Optional(Type.String({ maxLength: 32 })),
          frames: Type.Array(Type.String({ maxLength: 1024 * 1024 }), { maxItems: 256 }),
        }),
        response: {
          200: Type.Object({
            session: Type.String(),
            frames: Type.Array(Type.String()),
            closed: Type.Optional(Type.Object({ code: Type.Integer(), reason: Type.String() })),
          }),
          ...problems,
        },
      },
    },
    async (request) => {
      const visitor = await auth.visitor(request);
      checkOrigin(visitorChannel(await webChannel(channels, visitor.channelId)), request.headers.origin);
      const gone = new AbortController();
      request.raw.once('close', () => {
        if (request.raw.destroyed && !request.raw.complete) gone.abort();
      });
      request.raw.socket.once('close', () => gone.abort());
      const { session, frames } = request.body;
      const answer = await deps.longPoll.poll(
        { role: 'visitor', ...visitor },
        { frames, ...(session === undefined ? {} : { session }) },
        gone.signal,
      );
      return {
        session: answer.session,
        frames: [...answer.frames],
        ...(answer.closed === undefined ? {} : { closed: answer.closed }),
      };
    },
  );
}

/** @throws Refusal `not-found` for anything but a web channel that is switched on */
export async function webChannel(channels: Channels, id: string): Promise<LiveChannel> {
  const channel = await channels.lookUp(id);
  if (channel?.adapter.type !== 'web')
    throw new Refusal('not-found', 'channelId: there is no such chat, or it is switched off.', { field: 'channelId' });
  return channel;
}

function settingsOf(channel: LiveChannel): WebSettings {
  return withDefaults(channel.adapter.settings, channel.record.settings) as unknown as WebSettings;
}

export function visitorChannel(channel: LiveChannel): VisitorChannel {
  const settings = settingsOf(channel);
  return {
    id: channel.record.id,
    allowedOrigins: settings.allowedOrigins,
    identitySecret: settings.identitySecret,
    identityRequired: settings.identityRequired,
  };
}

/** @throws Refusal `origin-forbidden` */
export function checkOrigin(channel: VisitorChannel, origin: string | undefined): void {
  if (channel.allowedOrigins.length === 0 || origin === undefined) return;
  if (!channel.allowedOrigins.includes(origin)) {
    throw new Refusal('origin-forbidden', `This chat is not open to pages of ${origin.slice(0, 200)}.`);
  }
}
