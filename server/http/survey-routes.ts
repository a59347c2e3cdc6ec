import { readFile } from 'node:fs/promises';
import { type ShownSurvey, type SurveySettings, surveyHads, surveyLooks, surveySkips } from '@parley/sdk/protocol.ts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import Type from 'typebox';
import { networkOf } from '../base/address.ts';
import type { Clock } from '../base/clock.ts';
import { createTokenBuckets } from '../base/rate-limiter.ts';
import { Refusal } from '../gateway/refusal.ts';
import type { AgentRecord } from '../identity/agent-store.ts';
import { satisfactionReport } from '../surveys/satisfaction.ts';
import { changeMs, dayMs, longestComment, openMs, scale } from '../surveys/survey-law.ts';
import { surveyLimits } from '../surveys/survey-settings.ts';
import type { Survey, SurveyStore } from '../surveys/survey-store.ts';
import type { Surveys } from '../surveys/surveys.ts';
import type { App } from './app.ts';
import { isSupervisor, type RequestAuth } from './auth.ts';
import { helpLanguages, preferredLanguage } from './help-words.ts';
import { IdParams, page, problems } from './schemas.ts';
import { surveyOverPage, surveyPage } from './survey-pages.ts';

/** No script at all, and the address, which is the key, is told to nobody. */
const policy =
  "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
/** Of one address (of one network, with IPv6), in a minute. */
const pagesAMinute = 30;
const addresses = 10_000;
const listed = 50;

const orNull = (text: string) => Type.Union([Type.Integer(), Type.Null()], { description: text });
const Score = Type.Integer({ minimum: 1, maximum: scale });
const Settings = {
  channelTypes: Type.Array(Type.String({ maxLength: 64 }), {
    maxItems: 100,
    description: 'Kinds of channels on which customers are asked; none: the survey is off.',
  }),
  look: Type.Enum([...surveyLooks]),
  asksComment: Type.Boolean(),
  delayMinutes: Type.Integer({ minimum: 0, maximum: surveyLimits.delayMinutes }),
  everyDays: Type.Integer({
    minimum: 0,
    maximum: surveyLimits.everyDays,
    description: 'One contact is asked once in so many days.',
  }),
  excludedTags: Type.Array(Type.String({ maxLength: 100 }), { maxItems: surveyLimits.tags }),
};
const ShownSettings = Type.Object(Settings);
const maybeText = Type.Union([Type.String(), Type.Null()]);
const maybe = <T extends readonly string[]>(values: T) => Type.Union([Type.Enum([...values]), Type.Null()]);
const Shown = Type.Object({
  state: Type.Enum(['asked', 'answered', 'skipped']),
  why: maybe(surveySkips),
  askedAt: Type.Integer(),
  had: maybe(surveyHads),
  agentId: Type.Union([Type.String(), Type.Null()], { description: 'Who spoke to the customer last.' }),
  score: orNull('From 1 to 5; null also where it is hidden.'),
  comment: maybeText,
  answeredAt: orNull('When it was answered first.'),
  asks: Type.Boolean({ description: 'The comment looks like a question, or like a wish for a person.' }),
  isHidden: Type.Boolean({ description: 'It is about a colleague: score and comment are left out.' }),
});
const Listed = Type.Object({ ...Shown.properties, conversationId: Type.String(), channelType: Type.String() });
const ForVisitor = Type.Object({
  survey: Type.Union([
    Type.Object({
      conversationId: Type.String(),
      score: orNull('null: not answered yet.'),
      comment: maybeText,
      isOpen: Type.Boolean({ description: 'It may be answered, or the answer changed.' }),
      openUntil: Type.Integer(),
    }),
    Type.Null(),
  ]),
});
const number = Type.Number();
const maybeNumber = Type.Union([number, Type.Null()]);
const Satisfaction = {
  asked: Type.Integer(),
  answers: Type.Integer(),
  satisfied: Type.Integer({ description: 'Answers of 4 and 5.' }),
  unsatisfied: Type.Integer({ description: 'Answers of 1 and 2.' }),
  share: Type.Union([number, Type.Null()], { description: '`satisfied` of `answers`.' }),
  low: Type.Union([number, Type.Null()], { description: 'The true share lies from here with 95 % (Wilson),' }),
  high: Type.Union([number, Type.Null()], { description: 'to here.' }),
  mean: maybeNumber,
  answerRate: Type.Union([number, Type.Null()], { description: '`answers` of `asked`.' }),
};
const Split = Type.Array(Type.Object({ id: maybeText, ...Satisfaction }));
const Report = Type.Object({
  from: Type.Integer(),
  to: Type.Integer(),
  total: Type.Object(Satisfaction),
  had: Type.Object({
    bot: Type.Object(Satisfaction),
    person: Type.Object(Satisfaction),
    mixed: Type.Object(Satisfaction),
  }),
  groups: Split,
  agents: Split,
  channelTypes: Split,
  languages: Split,
  skipped: Type.Record(Type.String(), Type.Integer(), {
    description: 'Resolved conversations about which nobody was asked, by the reason.',
  }),
  isCut: Type.Boolean({ description: 'There were more than are counted.' }),
});

/** What customers are asked once a conversation is resolved, what they say, and what comes out of it. */
export async function surveyRoutes(
  app: App,
  deps: {
    readonly auth: RequestAuth;
    readonly surveys: Surveys;
    readonly store: Pick<SurveyStore, 'asked' | 'answered'>;
    readonly clock: Pick<Clock, 'now' | 'elapsed'>;
  },
): Promise<void> {
  const { auth, surveys, store, clock } = deps;

  app.get(
    '/api/v1/surveys/settings',
    {
      schema: {
        description: 'Whether and how customers are asked once a conversation is resolved. For supervisors.',
        response: { 200: ShownSettings, ...problems },
      },
    },
    async (request) => {
      await auth.supervisor(request);
      return surveys.settings();
    },
  );

  app.patch(
    '/api/v1/surveys/settings',
    {
      schema: {
        description:
          'Changes it. Nobody is asked about what was resolved before a kind of channel was switched on. For administrators.',
        body: Type.Partial(ShownSettings),
        response: { 200: ShownSettings, ...problems },
      },
    },
    async (request) => {
      await auth.admin(request);
      return surveys.change(request.body as Partial<SurveySettings>);
    },
  );

  app.get(
    '/api/v1/surveys',
    {
      schema: {
        description: 'What customers answered, the newest first. For supervisors.',
        querystring: Type.Object({ cursor: Type.Optional(Type.String({ pattern: '^\\d{1,16}\\.\\d{1,16}$' })) }),
        response: { 200: page(Listed), ...problems },
      },
    },
    async (request) => {
      await auth.supervisor(request);
      const [at, no] = request.query.cursor?.split('.').map(Number) ?? [];
      const rows = await store.answered(at === undefined || no === undefined ? null : { at, no }, listed);
      const last = rows.length < listed ? undefined : rows.at(-1);
      const items = rows.map((survey) => {
        const { conversationId, channelType } = survey;
        return { ...shownTo(survey, undefined), conversationId, channelType };
      });
      return { items: items as never[], nextCursor: last === undefined ? null : `${last.answeredAt}.${last.no}` };
    },
  );

  app.get(
    '/api/v1/reports/satisfaction',
    {
      schema: {
        description:
          'What customers answered to the questions of a time, with what each share is a share of: by who had the conversation, group, agent, kind of channel and language. For supervisors.',
        querystring: Type.Object({
          days: Type.Optional(Type.Integer({ minimum: 1, maximum: 366, default: 30 })),
          had: Type.Optional(Type.Enum([...surveyHads])),
          channelType: Type.Optional(Type.String({ maxLength: 64 })),
          groupId: Type.Optional(Type.String({ maxLength: 64 })),
          agentId: Type.Optional(Type.String({ maxLength: 32 })),
          language: Type.Optional(Type.String({ maxLength: 35 })),
        }),
        response: { 200: Report, ...problems },
      },
    },
    async (request) => {
      await auth.supervisor(request);
      const { days = 30, ...filter } = request.query;
      const to = clock.now();
      return (await satisfactionReport(store, { from: to - days * dayMs, to }, filter)) as never;
    },
  );

  app.get(
    '/api/v1/conversations/:id/survey',
    {
      schema: {
        description:
          'What became of asking about a conversation; null: it was not looked at yet. Agents see no scores of their colleagues.',
        params: IdParams,
        response: { 200: Type.Object({ survey: Type.Union([Shown, Type.Null()]) }), ...problems },
      },
    },
    async (request) => {
      const { agent } = await auth.agent(request);
      const survey = await surveys.of(request.params.id);
      return { survey: survey === undefined || survey.state === 'asking' ? null : shownTo(survey, agent) };
    },
  );

  app.get(
    '/api/v1/visitor/survey',
    {
      schema: {
        description: "The survey of the visitor's conversation; null: nobody has asked.",
        response: { 200: ForVisitor, ...problems },
      },
    },
    async (request) => {
      const found = await surveys.forVisitor(await auth.visitor(request));
      return { survey: found === undefined ? null : visitorsOwn(found.survey, found.isOpen) };
    },
  );

  app.post(
    '/api/v1/visitor/survey',
    {
      schema: {
        description:
          'Answers it; for a day the answer may be changed, without `comment` its score alone. It reopens nothing.',
        body: Type.Object({ score: Score, comment: Type.Optional(Type.String({ maxLength: longestComment })) }),
        response: { 200: ForVisitor, ...problems },
      },
    },
    async (request) => {
      const survey = await surveys.answerAsVisitor(await auth.visitor(request), request.body);
      return { survey: visitorsOwn(survey, true) };
    },
  );

  await surveyPages(app, deps);
}

/** The page that a link leads to: whoever only opens it, as scanners of mails do, answers nothing. */
async function surveyPages(app: App, deps: { surveys: Surveys; clock: Pick<Clock, 'elapsed'> }): Promise<void> {
  const { surveys } = deps;
  const style = await readFile(new URL('./survey.css', import.meta.url));
  const hidden = { schema: { hide: true } };
  const buckets = createTokenBuckets({
    ...{ burst: pagesAMinute, everyMs: 60_000 / pagesAMinute, keys: addresses },
    now: deps.clock.elapsed,
  });

  function send(reply: FastifyReply, html: string): FastifyReply {
    return reply
      .type('text/html; charset=utf-8')
      .header('content-security-policy', policy)
      .header('referrer-policy', 'no-referrer')
      .header('x-robots-tag', 'noindex')
      .header('cache-control', 'no-store')
      .send(html);
  }

  function mustBeFew({ ip }: FastifyRequest): void {
    const retryAfterMs = buckets.take(networkOf(ip));
    if (retryAfterMs > 0)
      throw new Refusal('too-many-requests', 'Too many at once: try again in a moment.', { retryAfterMs });
  }

  async function shown(request: FastifyRequest, reply: FastifyReply, isRefused: boolean): Promise<FastifyReply> {
    const { token } = request.params as { token: string };
    const found = await surveys.behindLink(token);
    const tags = helpLanguages.map(({ tag }) => tag);
    const accepted = preferredLanguage(request.headers['accept-language'], tags);
    if (found === undefined) return send(reply.status(404), surveyOverPage(accepted));
    const { survey, isOpen } = found;
    const { look, asksComment } = await surveys.settings();
    const html = surveyPage(survey.language ?? accepted, {
      ...{ look, asksComment, isOpen, isRefused },
      score: survey.score,
      isAnswered: survey.answeredAt !== null,
    });
    return send(isRefused ? reply.status(400) : reply, html);
  }

  await app.register(async (scope) => {
    scope.addContentTypeParser(
      'application/x-www-form-urlencoded',
      { parseAs: 'string', bodyLimit: 20_000 },
      (_, body, done) => done(null, Object.fromEntries(new URLSearchParams(String(body)))),
    );
    scope.get('/survey/style.css', hidden, async (_, reply) =>
      reply.type('text/css; charset=utf-8').header('cache-control', 'public, max-age=300').send(style),
    );
    scope.get('/survey/:token', hidden, async (request, reply) => {
      mustBeFew(request);
      return shown(request, reply, false);
    });
    scope.post('/survey/:token', hidden, async (request, reply) => {
      mustBeFew(request);
      const { token } = request.params as { token: string };
      const { score, comment } = (request.body ?? {}) as { score?: unknown; comment?: unknown };
      if (typeof score !== 'string' || !/^[1-5]$/.test(score)) return shown(request, reply, true);
      const said = typeof comment === 'string' && comment.trim() !== '' ? { comment } : {};
      await surveys.answerByLink(token, { score: Number(score), ...said });
      return reply.header('cache-control', 'no-store').redirect(`/survey/${encodeURIComponent(token)}`, 303);
    });
  });
}

/** @param agent absent: a supervisor, who sees all */
function shownTo(survey: Survey, agent: AgentRecord | undefined): ShownSurvey {
  const { why, askedAt, had, agentId, answeredAt, asks } = survey;
  const state = survey.state === 'asking' ? 'asked' : survey.state;
  const isOwn = agentId === null || agent === undefined || agentId === agent.id;
  const isHidden = !isOwn && !isSupervisor(agent);
  const { score, comment } = isHidden ? { score: null, comment: null } : survey;
  return { state, why, askedAt, had, agentId, score, comment, answeredAt, asks, isHidden };
}

function visitorsOwn({ conversationId, score, comment, askedAt, answeredAt }: Survey, isOpen: boolean) {
  const openUntil = answeredAt === null ? askedAt + openMs : answeredAt + changeMs;
  return { conversationId, score, comment, isOpen, openUntil };
}
