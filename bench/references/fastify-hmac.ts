import fastify from 'fastify';
import { checkSignature } from './hmac.ts';

/** Reference: Fastify alone. Reads the body, checks its HMAC and answers; keeps nothing. */
const port = Number(process.argv[2]);
const app = fastify({ keepAliveTimeout: 60_000 });
app.removeAllContentTypeParsers();
app.addContentTypeParser('*', { parseAs: 'buffer' }, (_, body, done) => done(null, body));
app.post('/hooks/:id', async (request, reply) => {
  const isSigned = checkSignature(request.headers, request.body as Buffer);
  return reply
    .status(isSigned ? 200 : 401)
    .type('text/plain')
    .send(isSigned ? 'ok' : 'no');
});
await app.listen({ port, host: '127.0.0.1' });
