import type { FastifyRequest } from 'fastify';
import type { MessageGateway } from '../gateway/message-gateway.ts';
import type { App } from './app.ts';

/** Above every adapter's own limit; the adapter's is checked by the gateway. */
const maxHookBytes = 4 * 1024 * 1024;

/** The platforms' callbacks: raw bytes in, the adapter's answer out. */
export async function hookRoutes(app: App, deps: { gateway: MessageGateway; now: () => number }): Promise<void> {
  await app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: maxHookBytes }, (_, body, done) =>
      done(null, body),
    );
    const options = { schema: { hide: true } };
    const accept = async (request: FastifyRequest) => {
      const { id, '*': path = '' } = request.params as { id: string; '*'?: string };
      const at = request.url.indexOf('?');
      return deps.gateway.accept(id, {
        method: request.method as 'GET' | 'POST',
        path: path === '' ? '' : `/${path}`,
        query: new URLSearchParams(at < 0 ? '' : request.url.slice(at + 1)),
        headers: request.headers as Record<string, string | undefined>,
        body: (request.body as Uint8Array | undefined) ?? new Uint8Array(),
        receivedAt: deps.now(),
      });
    };
    for (const url of ['/hooks/:id', '/hooks/:id/*']) {
      scope.route({
        method: ['GET', 'POST'],
        url,
        ...options,
        handler: async (request, reply) => {
          const answer = await accept(request);
          if (answer.headers !== undefined) reply.headers(answer.headers);
          return reply.status(answer.status).type(answer.contentType).send(answer.body);
        },
      });
    }
  });
}
