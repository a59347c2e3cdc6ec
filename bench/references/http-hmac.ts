import { createServer } from 'node:http';
import { checkSignature } from './hmac.ts';

/** Reference: `node:http` alone. Reads the body, checks its HMAC and answers; keeps nothing. */
const port = Number(process.argv[2]);
const server = createServer((request, response) => {
  const parts: Buffer[] = [];
  request.on('data', (part: Buffer) => parts.push(part));
  request.on('end', () => {
    const isSigned = checkSignature(request.headers, Buffer.concat(parts));
    response.writeHead(isSigned ? 200 : 401, { 'content-type': 'text/plain', 'content-length': 2 });
    response.end(isSigned ? 'ok' : 'no');
  });
});
server.keepAliveTimeout = 60_000;
server.listen(port, '127.0.0.1', 1_024);
