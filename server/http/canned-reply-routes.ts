import type { FastifyRequest } from 'fastify';
import Type from 'typebox';
import { type CannedReplies, emptyReply } from '../knowledge/canned-replies.ts';
import { type CannedReplyText, visibilities } from '../knowledge/knowledge-item.ts';
import type { Viewer } from '../knowledge/viewer.ts';
import type { App } from './app.ts';
import { ChannelTypes, KnowledgePage, LanguageTag, literals, Time } from './knowledge-schemas.ts';
import { IdParams, page, problems } from './schemas.ts';

const Attachment = Type.Object({
  url: Type.String({ maxLength: 600 }),
  fileName: Type.Optional(Type.String({ maxLength: 300 })),
  mimeType: Type.Optional(Type.String({ maxLength: 200 })),
  sizeBytes: Type.Optional(Type.Integer({ minimum: 0 })),
});
const Variant = Type.Object({
  language: Type.Union([LanguageTag, Type.Null()]),
  channelType: Type.Union([Type.String({ maxLength: 64 }), Type.Null()]),
  body: Type.String({ maxLength: 20_000 }),
});
const textFields = {
  title: Type.String({ maxLength: 400 }),
  shortCode: Type.Union([Type.String({ maxLength: 100 }), Type.Null()], {
    description: 'What is typed behind the slash: letters of any script, digits, `-`, `_`, `.`.',
  }),
  body: Type.String({
    maxLength: 20_000,
    description: 'With variables: `{{contact.name}}`, or `{{contact.name|there}}` where it may be missing.',
  }),
  language: Type.Union([LanguageTag, Type.Null()]),
  variants: Type.Array(Variant, { maxItems: 100, description: 'Other wordings for a language or a channel type.' }),
  attachments: Type.Array(Attachment, { maxItems: 20, description: 'Files that were uploaded here.' }),
  visibility: literals(visibilities),
  groupIds: Type.Array(Type.String({ maxLength: 64 }), { maxItems: 200 }),
  channelTypes: ChannelTypes,
  externalKey: Type.Union([Type.String({ maxLength: 400 }), Type.Null()]),
  validFrom: Time,
  validUntil: Time,
};
const CannedReply = Type.Object({
  id: Type.String(),
  ...textFields,
  ownerId: Type.String(),
  rev: Type.Integer(),
  uses: Type.Integer({ description: 'How often it was put into a reply.' }),
  usedAt: Time,
  createdAt: Type.Integer(),
  updatedAt: Type.Integer(),
});
const ListedReply = Type.Object({
  ...CannedReply.properties,
  reads: Type.Optional(
    Type.String({
      description:
        'How it reads in the conversation that was named: in its language, for its channel, with what is known filled in.',
    }),
  ),
});
const Rendered = {
  text: Type.String(),
  missing: Type.Array(Type.String(), { description: 'Variables without a value; they stand in the text as written.' }),
};
const ConversationId = Type.String({ minLength: 1, maxLength: 32 });
const dayMs = 24 * 60 * 60_000;

/** Canned replies (快捷回复). Agents see what they may use and keep private ones; supervisors keep all. */
export function cannedReplyRoutes(
  app: App,
  deps: {
    readonly viewer: (request: FastifyRequest) => Promise<Viewer>;
    readonly replies: CannedReplies;
    readonly now: () => number;
  },
): void {
  const { viewer, replies } = deps;

  app.get(
    '/api/v1/canned-replies',
    {
      schema: {
        description:
          'By title; with `q` the best match first: code, then title, then text. `usable` are those that you may use now, on the channel of `conversationId` where one is named.',
        querystring: Type.Object({
          ...KnowledgePage,
          q: Type.Optional(Type.String({ maxLength: 200 })),
          scope: Type.Optional(literals(['mine', 'usable', 'all'])),
          conversationId: Type.Optional(ConversationId),
          unusedDays: Type.Optional(
            Type.Integer({ minimum: 1, maximum: 3_650, description: 'Those alone that nobody used for so long.' }),
          ),
        }),
        response: { 200: page(ListedReply), ...problems },
      },
    },
    async (request) => {
      const { scope = 'all', unusedDays, limit = 50, ...query } = request.query;
      const unusedSince = unusedDays === undefined ? undefined : deps.now() - unusedDays * dayMs;
      return replies.list(await viewer(request), { ...query, scope, limit, unusedSince }) as never;
    },
  );

  app.post(
    '/api/v1/canned-replies',
    {
      schema: {
        description: 'Private to you unless `visibility` says otherwise, which is for supervisors.',
        body: Type.Object({
          ...Type.Partial(Type.Object(textFields)).properties,
          title: textFields.title,
          body: textFields.body,
        }),
        response: { 201: CannedReply, ...problems },
      },
    },
    async (request, reply) => {
      const created = await replies.create(await viewer(request), {
        ...emptyReply,
        ...request.body,
      } as CannedReplyText);
      return reply.status(201).send(created as never);
    },
  );

  app.get(
    '/api/v1/canned-replies/:id',
    { schema: { params: IdParams, response: { 200: CannedReply, ...problems } } },
    async (request) => (await replies.get(await viewer(request), request.params.id)) as never,
  );

  app.patch(
    '/api/v1/canned-replies/:id',
    {
      schema: {
        params: IdParams,
        body: Type.Object({
          ...Type.Partial(Type.Object(textFields)).properties,
          rev: Type.Optional(Type.Integer({ description: 'Refuse (409) when it was changed since.' })),
        }),
        response: { 200: CannedReply, ...problems },
      },
    },
    async (request) => {
      const { rev, ...patch } = request.body;
      return replies.change(await viewer(request), request.params.id, patch as Partial<CannedReplyText>, rev) as never;
    },
  );

  app.delete(
    '/api/v1/canned-replies/:id',
    { schema: { params: IdParams, response: { 204: Type.Null(), ...problems } } },
    async (request, reply) => {
      await replies.remove(await viewer(request), request.params.id);
      return reply.status(204).send(null);
    },
  );

  app.post(
    '/api/v1/canned-replies/:id/render',
    {
      schema: {
        description: 'As it reads in a conversation: the variant for its language and channel, variables filled in.',
        params: IdParams,
        body: Type.Object({
          conversationId: ConversationId,
          use: Type.Optional(Type.Boolean({ description: 'It is put into a reply: counted.' })),
        }),
        response: {
          200: Type.Object({ id: Type.String(), ...Rendered, attachments: Type.Array(Attachment) }),
          ...problems,
        },
      },
    },
    async (request) => {
      const { conversationId, use = false } = request.body;
      return replies.render(await viewer(request), request.params.id, conversationId, use) as never;
    },
  );

  app.post(
    '/api/v1/canned-replies/preview',
    {
      schema: {
        description:
          'How a text would read, with example values where no conversation is named, and what is wrong in it.',
        body: Type.Object({
          body: Type.String({ maxLength: 20_000 }),
          conversationId: Type.Optional(ConversationId),
        }),
        response: {
          200: Type.Object({
            ...Rendered,
            problems: Type.Array(Type.Object({ line: Type.Integer(), column: Type.Integer(), message: Type.String() })),
          }),
          ...problems,
        },
      },
    },
    async (request) => {
      const { body, conversationId } = request.body;
      return replies.preview(await viewer(request), body, conversationId) as never;
    },
  );
}
