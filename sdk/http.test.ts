import assert from 'node:assert/strict';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { ApiError, createApi } from './http.ts';

async function serve(t: TestContext, listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test('a call sends JSON with the bearer token and answers the parsed body', async (t) => {
  const server = await serve(t, async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const { method, url, headers } = request;
    response.end(JSON.stringify({ method, url, token: headers.authorization, type: headers['content-type'], body }));
  });
  const api = createApi({ server, token: async () => 'secret' });
  assert.deepEqual(await api.call('POST', '/api/v1/x?y=1', { name: 'Ann' }), {
    method: 'POST',
    url: '/api/v1/x?y=1',
    token: 'Bearer secret',
    type: 'application/json',
    body: '{"name":"Ann"}',
  });
});

test('an empty answer is undefined', async (t) => {
  const server = await serve(t, (_request, response) => response.writeHead(204).end());
  assert.equal(await createApi({ server }).call('DELETE', '/'), undefined);
});

test('a problem document becomes an ApiError with its code, detail and field', async (t) => {
  const server = await serve(t, (_request, response) => {
    response.writeHead(400, { 'content-type': 'application/problem+json' });
    response.end(JSON.stringify({ code: 'settings-invalid', detail: 'Too short.', field: 'secret', status: 400 }));
  });
  await assert.rejects(createApi({ server }).call('GET', '/'), (error) => {
    assert.ok(error instanceof ApiError);
    const { code, status, detail, field } = error;
    assert.deepEqual(
      { code, status, detail, field },
      { code: 'settings-invalid', status: 400, detail: 'Too short.', field: 'secret' },
    );
    return true;
  });
});

test("a proxy's error page and a success that is no JSON are errors with the status in them", async (t) => {
  const server = await serve(t, (request, response) => {
    response.writeHead(request.url === '/bad' ? 502 : 200).end('<html>');
  });
  await assert.rejects(createApi({ server }).call('GET', '/bad'), { code: 'http-502', status: 502 });
  await assert.rejects(createApi({ server }).call('GET', '/good'), { code: 'http-200', status: 200 });
});

test('a server that cannot be reached is told from one that refuses, and an abort from both', async (t) => {
  await assert.rejects(createApi({ server: 'http://127.0.0.1:1' }).call('GET', '/'), { code: 'network', status: 0 });
  const server = await serve(t, () => {});
  const reason = new Error('left the page');
  const aborting = new AbortController();
  const call = createApi({ server }).call('GET', '/', undefined, { signal: aborting.signal });
  aborting.abort(reason);
  await assert.rejects(call, reason);
});
