import type { Channel as ChannelView } from '@parley/sdk/protocol.ts';
import Type from 'typebox';
import type { Channels, LiveChannel } from '../gateway/channels.ts';
import { showSettings } from '../gateway/settings.ts';
import type { App } from './app.ts';
import type { RequestAuth } from './auth.ts';
import { Channel, ChannelHealth, ChannelType, IdParams, Name, page, problems } from './schemas.ts';

/** The administration of channels. Every agent may see their names; secrets are never shown to anybody. */
export function channelRoutes(
  app: App,
  deps: { channels: Channels; auth: RequestAuth; publicUrl: (host: string | undefined) => string },
): void {
  const { channels, auth } = deps;
  const settings = Type.Record(Type.String(), Type.Unknown());

  function show(channel: LiveChannel, host: string | undefined): ChannelView {
    const { record, adapter, instance, health } = channel;
    return {
      id: record.id,
      type: record.type,
      name: record.name,
      enabled: record.enabled,
      settings: showSettings(adapter.settings, record.settings),
      ...(instance.receive === undefined ? {} : { callbackUrl: `${deps.publicUrl(host)}/hooks/${record.id}` }),
      health,
      createdAt: record.createdAt,
      updatedAt: record.updatedAt,
    };
  }

  app.get(
    '/api/v1/channel-types',
    { schema: { response: { 200: page(ChannelType), ...problems } } },
    async (request) => {
      await auth.agent(request);
      return { items: [...channels.types()] as never[], nextCursor: null };
    },
  );

  app.get('/api/v1/channels', { schema: { response: { 200: page(Channel), ...problems } } }, async (request) => {
    await auth.agent(request);
    return { items: channels.all().map((channel) => show(channel, request.host)), nextCursor: null };
  });

  app.post(
    '/api/v1/channels',
    {
      schema: {
        body: Type.Object({
          type: Type.String({ maxLength: 64 }),
          name: Name,
          settings: Type.Optional(settings),
          enabled: Type.Optional(Type.Boolean()),
        }),
        response: { 201: Channel, ...problems },
      },
    },
    async (request, reply) => {
      await auth.admin(request);
      const { type, name, enabled = true } = request.body;
      const channel = await channels.create({
        type,
        name: name.trim(),
        settings: request.body.settings ?? {},
        enabled,
      });
      reply.status(201);
      return show(channel, request.host);
    },
  );

  app.get(
    '/api/v1/channels/:id',
    { schema: { params: IdParams, response: { 200: Channel, ...problems } } },
    async (request) => {
      await auth.agent(request);
      return show(channels.get(request.params.id), request.host);
    },
  );

  app.patch(
    '/api/v1/channels/:id',
    {
      schema: {
        params: IdParams,
        body: Type.Object({
          name: Type.Optional(Name),
          settings: Type.Optional(settings),
          enabled: Type.Optional(Type.Boolean()),
        }),
        response: { 200: Channel, ...problems },
      },
    },
    async (request) => {
      await auth.admin(request);
      return show(await channels.change(request.params.id, request.body), request.host);
    },
  );

  app.delete(
    '/api/v1/channels/:id',
    { schema: { params: IdParams, response: { 204: Type.Null(), ...problems } } },
    async (request, reply) => {
      await auth.admin(request);
      await channels.remove(request.params.id);
      return reply.status(204).send(null);
    },
  );

  app.post(
    '/api/v1/channels/:id/check',
    { schema: { params: IdParams, response: { 200: Type.Object({ health: ChannelHealth }), ...problems } } },
    async (request) => {
      await auth.admin(request);
      const { health } = await channels.check(request.params.id);
      return { health };
    },
  );
}
