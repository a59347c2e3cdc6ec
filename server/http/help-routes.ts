import { createHash, randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import Type from 'typebox';
import { networkOf } from '../base/address.ts';
import { createTokenBuckets } from '../base/rate-limiter.ts';
import { Refusal } from '../gateway/refusal.ts';
import { type HelpCentre, type HelpSettings, helpPathOf } from '../knowledge/help-centre.ts';
import { bestVersion, isSameLanguage, onePerLanguage } from '../knowledge/languages.ts';
import type { App } from './app.ts';
import { articlePage, type HelpFrame, homePage, missingPage, searchPage, sitemap } from './help-pages.ts';
import { helpLanguages, helpWordsFor, preferredLanguage } from './help-words.ts';
import { problems } from './schemas.ts';
import { visitorHelpRoutes } from './visitor-help-routes.ts';

/** No script at all; pictures of articles may come from elsewhere, but encrypted. */
const policy =
  "default-src 'none'; style-src 'self'; img-src 'self' https:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
/** Kept by the browser of somebody who has voted, and by nobody else. */
const visitorCookie = 'parley_help';
const yearS = 365 * 24 * 60 * 60;
/** Of one address (of one network, with IPv6), in a minute: what people do, and no script. */
const limits = { votes: 20, searches: 60, articles: 120, completions: 240 } as const;
const minuteMs = 60_000;
/** Whose buckets are remembered in one process. */
const addresses = 10_000;
/** Titles that a page offers while one types; a browser has no more use for a longer list. */
const offeredTitles = 300;

interface HelpRoutesDeps {
  readonly help: HelpCentre;
  readonly publicUrl: (host: string | undefined) => string;
  readonly isOurOrigin: (request: IncomingMessage) => boolean;
  /** Milliseconds on a clock that nobody sets. */
  readonly elapsed: () => number;
}

/** The public help centre: pages made here, which need no script. */
export async function helpRoutes(app: App, deps: HelpRoutesDeps): Promise<void> {
  const { help } = deps;
  const style = await readFile(new URL('./help.css', import.meta.url));
  const styleTag = tagOf(style);
  const hidden = { schema: { hide: true } };
  const bucketsOf = (what: keyof typeof limits) =>
    createTokenBuckets({
      ...{ burst: limits[what], everyMs: minuteMs / limits[what], keys: addresses },
      now: deps.elapsed,
    });
  const buckets = {
    votes: bucketsOf('votes'),
    searches: bucketsOf('searches'),
    articles: bucketsOf('articles'),
    completions: bucketsOf('completions'),
  };

  /** @throws Refusal `too-many-requests` */
  function mustBeFew({ ip }: FastifyRequest, what: keyof typeof limits): void {
    const retryAfterMs = buckets[what].take(networkOf(ip));
    if (retryAfterMs > 0)
      throw new Refusal('too-many-requests', 'Too many at once: try again in a moment.', { retryAfterMs });
  }

  async function spoken(): Promise<string[]> {
    return [...helpLanguages.map(({ tag }) => tag), ...(await help.languages())];
  }

  /** What stands round a page; undefined: there is no such language, or no help centre. */
  async function frameOf(request: FastifyRequest, language: string, path: string): Promise<HelpFrame | undefined> {
    const { isOpen, titles } = await help.settings();
    const languages = await spoken();
    if (!isOpen || !languages.includes(language)) return undefined;
    const words = helpWordsFor(language);
    return {
      language,
      siteTitle: titleIn(titles, language) ?? titleIn(titles, words.tag) ?? words.title,
      origin: deps.publicUrl(request.host),
      alternates: Object.fromEntries(onePerLanguage(languages, language).map((tag) => [tag, `/help/${tag}${path}`])),
    };
  }

  /** A page for people, in their language where the address names none; programs get a problem. */
  async function missing(request: FastifyRequest, reply: FastifyReply, found?: HelpFrame): Promise<FastifyReply> {
    const isPerson = request.headers.accept?.includes('text/html') === true;
    if (found === undefined && !isPerson) throw new Refusal('not-found', 'There is nothing at this address.');
    const language = preferredLanguage(request.headers['accept-language'], onePerLanguage(await spoken()));
    const frame = found ?? (await frameOf(request, language, '')) ?? closedFrame(request, language);
    return withPolicy(reply.status(404)).header('cache-control', 'no-store').send(missingPage(frame));
  }

  const closedFrame = (request: FastifyRequest, language: string): HelpFrame => ({
    ...{ language, siteTitle: helpWordsFor(language).title, isClosed: true },
    ...{ origin: deps.publicUrl(request.host), alternates: {} },
  });

  app.get(
    '/help/:language/titles',
    {
      schema: {
        description:
          'Titles of public articles that complete what a reader types, the best first, in other languages where none in this one does: for pages and apps of your own. An address may ask 240 times a minute.',
        security: [],
        params: Type.Object({ language: Type.String({ maxLength: 35 }) }),
        querystring: Type.Object({ q: Type.String({ maxLength: 200 }) }),
        response: {
          200: Type.Object({
            items: Type.Array(
              Type.Object({
                id: Type.String(),
                title: Type.String(),
                language: Type.String(),
                path: Type.String({ description: 'Where it is read, below this server.' }),
              }),
            ),
          }),
          ...problems,
        },
      },
    },
    async (request, reply) => {
      const { language } = request.params;
      if ((await frameOf(request, language, '')) === undefined)
        throw new Refusal('not-found', 'There is nothing at this address.');
      mustBeFew(request, 'completions');
      const items = await help.complete(request.query.q, language);
      reply.header('cache-control', 'no-store');
      return {
        items: items.map(({ id, title, language: own }) => ({
          ...{ id, title, language: own },
          path: helpPathOf(id, own),
        })),
      };
    },
  );
  visitorHelpRoutes(app, { help, mustBeFew });

  await app.register(async (scope) => {
    scope.addContentTypeParser(
      'application/x-www-form-urlencoded',
      { parseAs: 'string', bodyLimit: 10_000 },
      (_, body, done) => done(null, Object.fromEntries(new URLSearchParams(String(body)))),
    );

    scope.get('/help', hidden, async (request, reply) => {
      if (!(await help.settings()).isOpen) return missing(request, reply);
      const language = preferredLanguage(request.headers['accept-language'], onePerLanguage(await spoken()));
      return reply.header('vary', 'accept-language').header('cache-control', 'no-cache').redirect(`/help/${language}`);
    });

    scope.get('/help/*', hidden, async (request, reply) => {
      const [language = ''] = (request.params as { '*': string })['*'].split('/', 1);
      return missing(request, reply, await frameOf(request, language, ''));
    });

    scope.get('/help/style.css', hidden, async (request, reply) => {
      reply.type('text/css; charset=utf-8').header('cache-control', 'public, max-age=300');
      return answerOnce(request, reply, style, styleTag);
    });

    scope.get('/help/sitemap.xml', hidden, async (request, reply) => {
      if (!(await help.settings()).isOpen) return missing(request, reply);
      const articles = (await help.readable()).map(({ id, updatedAt, versions }) => ({
        id,
        updatedAt,
        languages: versions.map(({ language }) => language),
      }));
      reply.type('application/xml; charset=utf-8').header('cache-control', 'public, max-age=300');
      return answerOnce(request, reply, sitemap(deps.publicUrl(request.host), articles));
    });

    scope.get('/help/:language', hidden, async (request, reply) => {
      const { language } = request.params as { language: string };
      const frame = await frameOf(request, language, '');
      if (frame === undefined) return missing(request, reply, frame);
      const categories = await help.categories(language);
      return answerPage(request, reply, homePage({ ...frame, titles: titlesOf(categories) }, categories));
    });

    scope.get('/help/:language/search', hidden, async (request, reply) => {
      const { language } = request.params as { language: string };
      const { q } = request.query as { q?: unknown };
      const text = typeof q === 'string' ? q.toWellFormed().trim().slice(0, 200) : '';
      const query = `?${new URLSearchParams({ q: text })}`;
      const frame = await frameOf(request, language, `/search${query}`);
      if (frame === undefined) return missing(request, reply, frame);
      if (text === '') return reply.redirect(`/help/${language}`);
      mustBeFew(request, 'searches');
      reply.header('cache-control', 'no-store');
      const titles = titlesOf(await help.categories(language));
      const [begun, found] = await Promise.all([help.complete(text, language), help.search(text, language)]);
      const shown = new Set(found.map(({ id }) => id));
      const others = begun.filter(({ id }) => !shown.has(id));
      return withPolicy(reply).send(searchPage({ ...frame, titles }, text, found, others));
    });

    scope.get('/help/:language/articles/:id', hidden, async (request, reply) => {
      const { language, id } = request.params as { language: string; id: string };
      const { thanks } = request.query as { thanks?: unknown };
      const frame = await frameOf(request, language, '');
      const article = frame === undefined ? undefined : await help.article(id);
      const version = bestVersion(article?.versions ?? [], language);
      if (frame === undefined || article === undefined || version === undefined) return missing(request, reply, frame);
      if (version.language !== language) return reply.redirect(`/help/${version.language}/articles/${id}`);
      const alternates = Object.fromEntries(
        onePerLanguage(
          article.versions.map((one) => one.language),
          language,
        ).map((tag) => [tag, `/help/${tag}/articles/${id}`]),
      );
      const { updatedAt } = article;
      const category = await help.categoryName(article.category, language);
      const html = articlePage(
        { ...frame, alternates },
        { id, category, updatedAt, version, thanked: thanks !== undefined },
      );
      return answerPage(request, reply, html);
    });

    scope.post('/help/:language/articles/:id/vote', hidden, async (request, reply) => {
      const { language, id } = request.params as { language: string; id: string };
      const { helpful } = (request.body ?? {}) as { helpful?: unknown };
      if (request.headers.origin !== undefined && !deps.isOurOrigin(request.raw))
        throw new Refusal('origin-forbidden', 'This request comes from another site.');
      if (helpful !== 'yes' && helpful !== 'no')
        throw new Refusal('bad-request', 'helpful: expected yes or no.', { field: 'helpful' });
      const frame = await frameOf(request, language, '');
      if (frame === undefined || (await help.article(id)) === undefined) return missing(request, reply, frame);
      mustBeFew(request, 'votes');
      const known = request.cookies[visitorCookie];
      const visitor = known !== undefined && /^[\w-]{22}$/.test(known) ? known : randomBytes(16).toString('base64url');
      await help.vote(id, visitor, helpful === 'yes');
      reply.setCookie(visitorCookie, visitor, {
        path: '/help',
        httpOnly: true,
        sameSite: 'lax',
        secure: deps.publicUrl(request.host).startsWith('https:'),
        maxAge: yearS,
      });
      return reply.header('cache-control', 'no-store').redirect(`/help/${language}/articles/${id}?thanks`, 303);
    });
  });
}

/** An empty title is none; one for `zh` is that of `zh-CN` too, where this has no other. */
function titleIn(titles: HelpSettings['titles'], language: string): string | undefined {
  const same = Object.entries(titles).find(([tag, title]) => title !== '' && isSameLanguage(tag, language));
  return titles[language] || same?.[1];
}

const titlesOf = (categories: readonly { articles: readonly { title: string }[] }[]): string[] =>
  categories.flatMap(({ articles }) => articles.map(({ title }) => title)).slice(0, offeredTitles);

/** Asked for anew each time, so that what is over is gone; unchanged it is not sent again. */
function answerPage(request: FastifyRequest, reply: FastifyReply, html: string): FastifyReply {
  return answerOnce(request, withPolicy(reply).header('cache-control', 'public, no-cache'), html);
}

function answerOnce(
  request: FastifyRequest,
  reply: FastifyReply,
  body: string | Buffer,
  tag = tagOf(body),
): FastifyReply {
  reply.header('etag', tag);
  const known = request.headers['if-none-match']?.split(',').map((each) => each.trim().replace(/^W\//, ''));
  return known?.includes(tag) === true ? reply.status(304).send() : reply.send(body);
}

function withPolicy(reply: FastifyReply): FastifyReply {
  return reply
    .type('text/html; charset=utf-8')
    .header('content-security-policy', policy)
    .header('referrer-policy', 'strict-origin-when-cross-origin');
}

function tagOf(body: string | Buffer): string {
  return `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`;
}
