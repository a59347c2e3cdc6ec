import Type from 'typebox';
import { botReport } from '../bot/dialogue/bot-report.ts';
import type { BotService } from '../bot/dialogue/bot-service.ts';
import type { Decision } from '../bot/dialogue/decision.ts';
import type { DialogueState } from '../bot/dialogue/dialogue-state.ts';
import { newDialogue } from '../bot/dialogue/dialogue-state.ts';
import type { DialogueStore } from '../bot/dialogue/dialogue-store.ts';
import { wordsOfStages } from '../bot/dialogue/explain-stages.ts';
import { problemsOf, readFlowsDocument } from '../bot/dialogue/parse-flows.ts';
import type { LabelStore } from '../bot/labels/label-store.ts';
import { modelReport } from '../bot/measures/model-report.ts';
import type { TallyStore } from '../bot/measures/tallies.ts';
import type { PublishGate } from '../bot/replay/publish-gate.ts';
import type { ConversationStore } from '../conversation/conversation-store.ts';
import type { Conversations } from '../conversation/conversations.ts';
import { Refusal } from '../gateway/refusal.ts';
import type { PublishedDocument, Version as PublishedVersion } from '../publishing/published-document.ts';
import type { App } from './app.ts';
import type { RequestAuth } from './auth.ts';
import { Anyway, IdParams, PageQuery, page, problems } from './schemas.ts';
import { noted, pageOfVersions, placeOf, showEntry } from './version-list.ts';

export interface DialogueRoutesDeps {
  readonly auth: RequestAuth;
  readonly bot: BotService;
  readonly gate: Pick<PublishGate, 'document'>;
  readonly conversations: Pick<Conversations, 'head'>;
  readonly store: DialogueStore;
  readonly labels: Pick<LabelStore, 'counts' | 'within'>;
  readonly tallies: Pick<TallyStore, 'between'>;
  /** Of what a language model costs. */
  readonly currency: () => Promise<string>;
  readonly messages: Pick<ConversationStore, 'messages'>;
  readonly scores: Parameters<typeof botReport>[0]['scores'];
  readonly now: () => number;
}

const bodyLimit = 4 * 1024 * 1024;
const dayMs = 24 * 60 * 60_000;

const open = Type.Object({}, { additionalProperties: true });
const Document = Type.Object({}, { additionalProperties: true, description: 'See docs/bot.md.' });
const Author = Type.Object({ id: Type.String(), name: Type.String() });
const entry = {
  version: Type.Integer(),
  note: Type.Union([Type.String(), Type.Null()]),
  publishedBy: Type.Union([Author, Type.Null()]),
  publishedAt: Type.Union([Type.Integer(), Type.Null()]),
  despite: Type.Optional(
    Type.Union([open, Type.Null()], {
      description: 'What a replay had against it when it was published all the same: `objections`.',
    }),
  ),
};
const Version = Type.Object({ ...entry, document: Document });
const VersionParams = Type.Object({ version: Type.Integer({ minimum: 1, maximum: 2_147_483_647 }) });
const BaseVersion = Type.Integer({
  minimum: 0,
  description: 'The version that was changed; 409 when it does not hold any more.',
});
const Note = Type.Optional(Type.String({ maxLength: 500 }));
const SentenceSchema = Type.Object({
  key: Type.String(),
  data: Type.Record(Type.String(), Type.Union([Type.String(), Type.Number()])),
  text: Type.String(),
});
const Message = Type.Object({
  text: Type.String(),
  choices: Type.Array(Type.Object({ id: Type.String(), label: Type.String() })),
  asksIfHelped: Type.Optional(Type.Boolean({ description: 'It asks whether the answer before it helped: yes or no.' })),
});
const Decided = {
  act: Type.String({ description: 'answer, ask, hand-off or silent' }),
  band: Type.String({ description: 'By what the answer was found.' }),
  reason: Type.Union([Type.String(), Type.Null()], { description: 'Why it was handed to people.' }),
  groupId: Type.Union([Type.String(), Type.Null()]),
  messages: Type.Array(Message),
  words: Type.Array(SentenceSchema, { description: 'Why, stage by stage.' }),
  stages: Type.Array(open),
  versions: open,
};
const Problem = Type.Object({
  flowId: Type.String(),
  stepId: Type.String(),
  kind: Type.String(),
  field: Type.String(),
  text: Type.String(),
});

/** The bot's settings and flows in versions, a try without a conversation, and why it said what it said. */
export function dialogueRoutes(app: App, deps: DialogueRoutesDeps): void {
  const { auth, bot, store, gate } = deps;
  documentRoutes(app, auth, { path: 'settings', documents: bot.settings, gate });
  documentRoutes(app, auth, { path: 'flows', documents: bot.flows, gate });

  app.post(
    '/api/v1/bot/flows/check',
    {
      bodyLimit,
      schema: {
        description: 'What keeps flows from working, step by step. Nothing is stored. For administrators.',
        body: Type.Object({ document: Document }),
        response: { 200: Type.Object({ problems: Type.Array(Problem) }), ...problems },
      },
    },
    async (request) => {
      await auth.admin(request);
      return { problems: [...problemsOf(readFlowsDocument(request.body.document), bot.knownToFlows())] };
    },
  );

  app.post(
    '/api/v1/bot/try',
    {
      bodyLimit,
      schema: {
        description:
          'What the bot would do about a text, with the reasons. No conversation is touched. Give back `state` with the next text. For administrators.',
        body: Type.Object({
          text: Type.String({ maxLength: 10_000 }),
          helped: Type.Optional(
            Type.Boolean({
              description:
                'Whether the answer before helped, as a customer taps it, with an empty text. Counted nowhere.',
            }),
          ),
          state: Type.Optional(Type.Union([open, Type.Null()])),
          settings: Type.Optional(Document),
          flows: Type.Optional(Document),
          channelType: Type.Optional(Type.String({ maxLength: 60 })),
          vip: Type.Optional(Type.Boolean()),
          isProven: Type.Optional(Type.Boolean({ description: 'Whether the customer has proved who they are.' })),
          isOpen: Type.Optional(Type.Boolean({ description: 'Whether people are there; absent: by the schedule.' })),
          callsAddresses: Type.Optional(
            Type.Boolean({ description: 'Really call the addresses of flows; else each answers with nothing.' }),
          ),
        }),
        response: { 200: Type.Object({ ...Decided, state: open, tookMs: Type.Number() }), ...problems },
      },
    },
    async (request) => {
      await auth.admin(request);
      const { state, settings, flows, ...trial } = request.body;
      const { decision, ...rest } = await bot.tried({
        ...trial,
        ...(state === undefined || state === null ? {} : { state: stateFrom(state) }),
        ...(settings === undefined ? {} : { settings: bot.settings.check(settings) }),
        ...(flows === undefined ? {} : { flows: bot.flows.check(flows) }),
      });
      return { ...shown(decision), ...rest } as never;
    },
  );

  app.get(
    '/api/v1/conversations/:id/bot-decisions',
    {
      schema: {
        description:
          'What the bot decided about each thing that the customer said, newest first: "why did it say this?"',
        params: IdParams,
        querystring: Type.Object(PageQuery),
        response: {
          200: page(Type.Object({ seq: Type.Integer(), epoch: Type.Integer(), at: Type.Integer(), ...Decided })),
          ...problems,
        },
      },
    },
    async (request) => {
      await auth.agent(request);
      const { id } = await deps.conversations.head(request.params.id);
      const { cursor, limit = 50 } = request.query;
      const rows = await store.decisions(id, { limit, ...(cursor === undefined ? {} : { before: placeOf(cursor) }) });
      const last = rows.length < limit ? undefined : rows.at(-1);
      const items = rows.map(({ seq, epoch, at, record }) => ({
        ...{ seq, epoch, at },
        ...shown(JSON.parse(record) as Decision),
      }));
      return { items: items as never[], nextCursor: last === undefined ? null : String(last.seq) };
    },
  );

  app.get(
    '/api/v1/bot/report',
    {
      schema: {
        description:
          'What became of the conversations in which the bot spoke. Solved: nobody else spoke, and the customer did not come back within 24 hours; those younger than that are not counted yet; `confirmed` of them: the customer said so, by a yes or a score of 4 or 5. `afterHandOff`: how long customers waited for an agent, and how often the agent said what the bot had said. `within72h`: who came back. `labelled`: what agents said of how messages were taken. `answers`: how many were given, right, wrong and abstained from. `languageModel`: what one did for customers in the whole days (UTC) of that time: groundedness, citations, times, tokens, cost, errors; null where none was asked.',
        querystring: Type.Object({ days: Type.Optional(Type.Integer({ minimum: 1, maximum: 90 })) }),
        response: { 200: open, ...problems },
      },
    },
    async (request) => {
      await auth.admin(request);
      const { days = 7 } = request.query;
      const to = deps.now();
      const range = { from: to - days * dayMs, to };
      const report = await botReport(deps, range);
      const measured = await modelReport(deps.tallies, range, {
        solved: report.solved,
        currency: await deps.currency(),
      });
      return { ...report, languageModel: measured.requests + measured.asked === 0 ? null : measured } as never;
    },
  );
}

function documentRoutes<T>(
  app: App,
  auth: RequestAuth,
  {
    path,
    documents,
    gate,
  }: { path: 'settings' | 'flows'; documents: PublishedDocument<T>; gate: Pick<PublishGate, 'document'> },
): void {
  const base = `/api/v1/bot/${path}`;
  const show = ({ document, ...version }: PublishedVersion<T>) => ({
    ...showEntry(version),
    document: document as object,
  });

  app.get(
    base,
    { schema: { description: 'What holds now. Version 0: the default.', response: { 200: Version, ...problems } } },
    async (request) => {
      await auth.admin(request);
      const { version, document } = documents.current;
      const [published] = version === 0 ? [] : await documents.versions({ before: version + 1, limit: 1 });
      return { ...showEntry(published ?? { version }), document: document as object };
    },
  );

  app.put(
    base,
    {
      bodyLimit,
      schema: {
        description:
          'Publishes the document as a whole, as a new version. 409 `worse-than-live` where a replay of it over past conversations found that it is clearly worse. For administrators.',
        body: Type.Object({ document: Document, baseVersion: BaseVersion, note: Note, anyway: Anyway }),
        response: { 200: Version, ...problems },
      },
    },
    async (request) => {
      const { agent } = await auth.admin(request);
      const { document, baseVersion, note, anyway } = request.body;
      const despite = await gate.document(path, documents.check(document), anyway === true);
      return show(await documents.publish(document, agent, { baseVersion, ...noted(note), despite }));
    },
  );

  app.get(
    `${base}/versions`,
    {
      schema: {
        description: 'Newest first, without their documents.',
        querystring: Type.Object(PageQuery),
        response: { 200: page(Type.Object(entry)), ...problems },
      },
    },
    async (request) => {
      await auth.admin(request);
      return pageOfVersions(documents.versions, request.query);
    },
  );

  app.get(
    `${base}/versions/:version`,
    { schema: { params: VersionParams, response: { 200: Version, ...problems } } },
    async (request) => {
      await auth.admin(request);
      const found = await documents.get(request.params.version);
      if (found === undefined) throw new Refusal('not-found', `There is no version ${request.params.version}.`);
      return show(found);
    },
  );

  app.post(
    `${base}/versions/:version/restore`,
    {
      schema: {
        description: 'Publishes an old version again, as a new one. For administrators.',
        params: VersionParams,
        body: Type.Object({ baseVersion: BaseVersion, note: Note }),
        response: { 200: Version, ...problems },
      },
    },
    async (request) => {
      const { agent } = await auth.admin(request);
      const { baseVersion, note } = request.body;
      return show(await documents.restore(request.params.version, agent, { baseVersion, ...noted(note) }));
    },
  );
}

function shown(decision: Decision) {
  const { act, band, messages, handOff, stages, versions } = decision;
  const { reason = null, groupId = null } = handOff ?? {};
  return { act, band, reason, groupId, messages, words: wordsOfStages(decision), stages, versions };
}

/**
 * What a try before answered, as far as it is of the right form: whoever makes up a state tries a conversation that there
 * cannot be, and nothing else.
 *
 * @throws Refusal `bad-request`
 */
function stateFrom(given: object): DialogueState {
  const state = { ...newDialogue, ...given };
  for (const [key, value] of Object.entries(newDialogue)) {
    const read = (state as Record<string, unknown>)[key];
    const isRight = value === null ? true : Array.isArray(value) ? Array.isArray(read) : typeof read === typeof value;
    if (!isRight)
      throw new Refusal('bad-request', `state.${key}: give back what the try before answered.`, { field: 'state' });
  }
  return state;
}
