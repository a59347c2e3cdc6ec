import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyReply } from 'fastify';
import { Refusal } from '../gateway/refusal.ts';
import type { App } from './app.ts';

export interface PageDirs {
  readonly console: string;
  readonly widget: string;
  readonly demo: string;
}

/** The console runs its own scripts only; what customers send is shown as text, pictures and players. */
const consolePolicy =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob: https:; media-src 'self' blob: https:; font-src 'self' data:; connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
/** The demo page and the chat page live under the strict policy that docs/channels/web.md promises. */
const visitorPolicy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob: https:; media-src 'self' blob: https:; connect-src 'self'; base-uri 'none'; form-action 'none'";

/** The built pages: console, widget, demo shop, stand-alone chat. */
export async function pageRoutes(
  app: App,
  deps: { dirs: PageDirs; firstWebChannel: () => string | undefined; isWebChannel: (id: string) => boolean },
): Promise<void> {
  const { dirs } = deps;
  const hidden = { schema: { hide: true } };
  app.get('/', hidden, async (_, reply) => reply.redirect('/console/'));

  await app.register(async (scope) => {
    // The demo's folder is always there; built pages are sent from their own, which may be built while we run.
    await scope.register(fastifyStatic, { root: dirs.demo, serve: false, wildcard: false });
    scope.get('/console', hidden, async (request, reply) => {
      if (!/^\/console\/(\?|$)/.test(request.url)) return reply.redirect('/console/');
      reply.header('content-security-policy', consolePolicy).header('referrer-policy', 'same-origin');
      return sendPage(reply, join(dirs.console, 'index.html'), {});
    });
    scope.get('/console/*', hidden, async (request, reply) => {
      const path = (request.params as { '*': string })['*'];
      reply.header('content-security-policy', consolePolicy).header('referrer-policy', 'same-origin');
      // Hashed names never change; the page itself is asked for anew.
      if (path.startsWith('assets/'))
        return reply
          .header('cache-control', 'public, max-age=31536000, immutable')
          .sendFile(path, dirs.console, { cacheControl: false });
      if (path !== '' && !path.endsWith('/') && existsSync(join(dirs.console, path)) && /^[\w.-]+$/.test(path))
        return reply.sendFile(path, dirs.console);
      return sendPage(reply, join(dirs.console, 'index.html'), {});
    });
    scope.get('/widget.js', hidden, async (_, reply) =>
      reply
        .headers({
          'cache-control': 'public, max-age=300',
          'cross-origin-resource-policy': 'cross-origin',
          'access-control-allow-origin': '*',
        })
        .sendFile('widget.js', dirs.widget, { cacheControl: false }),
    );
    scope.get('/widget/*', hidden, async (request, reply) => {
      const path = (request.params as { '*': string })['*'];
      return reply
        .headers({
          'cache-control': 'public, max-age=31536000, immutable',
          'cross-origin-resource-policy': 'cross-origin',
          'access-control-allow-origin': '*',
        })
        .sendFile(path, dirs.widget, { cacheControl: false });
    });
    scope.get('/demo', hidden, async (_, reply) => {
      reply.header('content-security-policy', visitorPolicy);
      return sendPage(reply, join(dirs.demo, 'index.html'), { channelId: deps.firstWebChannel() ?? '' });
    });
    scope.get('/demo/*', hidden, async (request, reply) =>
      reply.sendFile((request.params as { '*': string })['*'], dirs.demo),
    );
    scope.get('/chat/:channelId', hidden, async (request, reply) => {
      const { channelId } = request.params as { channelId: string };
      if (!deps.isWebChannel(channelId)) throw new Refusal('not-found', 'There is no such chat.');
      reply.header('content-security-policy', visitorPolicy);
      return sendPage(reply, join(dirs.demo, 'chat.html'), { channelId });
    });
  });
}

async function sendPage(reply: FastifyReply, path: string, values: Record<string, string>): Promise<FastifyReply> {
  const page = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new Refusal('not-found', 'This page has not been built: run npm run build.', { cause: error });
  });
  const filled = page.replace(/\{\{(\w+)\}\}/g, (_, name: string) => values[name]?.replace(/[^\w-]/g, '') ?? '');
  return reply.type('text/html; charset=utf-8').header('cache-control', 'no-cache').send(filled);
}
