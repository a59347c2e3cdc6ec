import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { describe, type TestContext, test } from 'node:test';
import { createOutboundFetch, NotSent, type OutboundOptions } from './channel-fetch.ts';

async function serve(t: TestContext, listener: RequestListener): Promise<{ url: string; host: string; port: number }> {
  return listen(t, createServer(listener));
}

async function listen(t: TestContext, server: Server | ReturnType<typeof createTcpServer>) {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.close();
    if ('closeAllConnections' in server) server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, host: `127.0.0.1:${port}`, port };
}

function client(t: TestContext, options: Partial<OutboundOptions> = {}) {
  const outbound = createOutboundFetch({ allow: [], ...options });
  t.after(() => outbound.close());
  return outbound;
}

const echo: RequestListener = (request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    response.setHeader('x-method', request.method ?? '');
    response.setHeader('x-type', request.headers['content-type'] ?? '');
    response.end(Buffer.concat(chunks));
  });
};

describe('where it goes', () => {
  test('an address in our own network is refused before anything connects to it', async (t) => {
    let connections = 0;
    const { port } = await listen(
      t,
      createTcpServer(() => connections++),
    );
    const outbound = client(t);
    const hosts = ['127.0.0.1', 'localhost', '[::1]', '[::ffff:127.0.0.1]', '2130706433', '0x7f.1', '0.0.0.0'];
    for (const host of hosts) await assert.rejects(outbound(`http://${host}:${port}/`), NotSent, host);
    assert.equal(connections, 0);
  });

  test('a public name that resolves to a private address is refused, wherever it hides among others', async (t) => {
    const { port } = await serve(t, echo);
    for (const address of ['127.0.0.1', '10.0.0.1', '169.254.169.254']) {
      const outbound = client(t, { resolve: async () => [{ address, family: 4 }] });
      await assert.rejects(outbound(`http://shop.example:${port}/`), /leads into a network/);
    }
    const v6 = client(t, { resolve: async () => [{ address: '::ffff:127.0.0.1', family: 6 }] });
    await assert.rejects(v6(`http://shop.example:${port}/`), NotSent);
  });

  test('a name that changes its mind after the check is not asked again: the checked answer is connected to', async (t) => {
    const { port } = await serve(t, echo);
    // The classic rebinding: what may be reached when it is checked, the metadata service ever after.
    const answers = ['127.0.0.1', '169.254.169.254'];
    let asked = 0;
    const resolve = async () => [{ address: answers[Math.min(asked++, 1)] ?? '', family: 4 as const }];
    const outbound = client(t, { resolve, baseUrls: [`http://shop.example:${port}`] });
    assert.equal((await outbound(`http://shop.example:${port}/`)).status, 200);
    assert.equal(asked, 1);
  });

  test('the operator opens one host and port, and no other port of it', async (t) => {
    const [open, shut] = [await serve(t, echo), await serve(t, echo)];
    const outbound = client(t, { allow: [open.host] });
    assert.equal((await outbound(open.url)).status, 200);
    await assert.rejects(outbound(shut.url), NotSent);
  });

  test("a base URL of a channel's settings may be in a private network, but never a metadata address", async (t) => {
    const { url } = await serve(t, echo);
    const outbound = client(t, { baseUrls: [`${url}/api/v2`, 'http://169.254.169.254/latest'] });
    assert.equal((await outbound(`${url}/api/v2/send`)).status, 200);
    await assert.rejects(outbound('http://169.254.169.254/latest/meta-data'), /leads into a network/);
  });

  test('an address from a message gets no exception, even when a connection to that host is open', async (t) => {
    const { url, host } = await serve(t, echo);
    const outbound = client(t, { allow: [host], baseUrls: [url] });
    assert.equal((await outbound(url)).status, 200);
    await assert.rejects(outbound(url, { untrusted: true }), NotSent);
  });

  test('another scheme, credentials in the address, and what is no address are refused', async (t) => {
    const outbound = client(t);
    for (const url of ['file:///etc/passwd', 'ftp://x.example/', 'https://a:b@x.example/', 'data:,x', '/files/a', '']) {
      await assert.rejects(outbound(url), NotSent, url);
    }
  });

  test('a redirect is handed back, not followed', async (t) => {
    let hits = 0;
    const { url, host } = await serve(t, (_, response) => {
      hits++;
      response.writeHead(302, { location: '/elsewhere' }).end();
    });
    const answer = await client(t, { allow: [host] })(url);
    assert.deepEqual([answer.status, answer.headers.get('location'), hits], [302, '/elsewhere', 1]);
  });

  test('an entry of the allow list that cannot be read stops the start and is named', () => {
    for (const entry of ['example.com', 'http://x.example:80', 'x.example:80/path', 'a@x.example:80', ':80']) {
      assert.throws(() => createOutboundFetch({ allow: [entry] }), /expected host:port, got /, entry);
    }
    assert.throws(() => createOutboundFetch({ allow: [], baseUrls: ['ftp://x'] }), /Base URL/);
  });
});

describe('what it carries', () => {
  test('text, bytes and forms arrive as they are', async (t) => {
    const { url, host } = await serve(t, echo);
    const outbound = client(t, { allow: [host] });
    const text = await outbound(url, { method: 'POST', body: 'héllo', headers: { 'content-type': 'text/x' } });
    assert.deepEqual(
      [await text.text(), text.headers.get('x-method'), text.headers.get('x-type')],
      ['héllo', 'POST', 'text/x'],
    );
    const bytes = await outbound(url, { method: 'PUT', body: Uint8Array.of(0, 255, 1) });
    assert.deepEqual(await bytes.bytes(), Uint8Array.of(0, 255, 1));
    const form = new FormData();
    form.set('media', new Blob(['png']), 'a.png');
    const sent = await outbound(url, { method: 'POST', body: form });
    assert.match(sent.headers.get('x-type') ?? '', /^multipart\/form-data; boundary=/);
    assert.match(await sent.text(), /filename="a.png"/);
  });

  test('an answer without a body is one', async (t) => {
    const { url, host } = await serve(t, (_, response) => response.writeHead(204).end());
    const answer = await client(t, { allow: [host] })(url, { method: 'DELETE' });
    assert.deepEqual([answer.status, await answer.text()], [204, '']);
  });

  test('an answer over the limit is cut off while it streams, and one that announces it at once', async (t) => {
    let written = 0;
    const { url, host } = await serve(t, (request, response) => {
      if (request.url === '/announced') response.setHeader('content-length', 50_000_000);
      const pour = () => {
        while (!response.destroyed && written < 50_000_000 && response.write(Buffer.alloc(65_536))) written += 65_536;
      };
      response.on('drain', pour);
      pour();
    });
    const outbound = client(t, { allow: [host] });
    await assert.rejects(outbound(url, { maxBytes: 100_000 }), /longer than 100000 bytes/);
    await assert.rejects(outbound(`${url}/announced`, { maxBytes: 100_000 }), /longer than 100000 bytes/);
    assert.ok(written < 40_000_000, `${written} bytes were poured`);
  });
});

describe('what is known when it fails', () => {
  test('nobody listens, or the name does not exist: surely not sent', async (t) => {
    const { port } = await listen(t, createTcpServer());
    const gone = await serve(t, echo);
    const outbound = client(t, { allow: ['127.0.0.1:1', `127.0.0.1:${port}`, gone.host] });
    await assert.rejects(outbound('http://127.0.0.1:1/'), /No connection to 127\.0\.0\.1 \(ECONNREFUSED\)/);
    const nameless = client(t, {
      resolve: async (hostname) => {
        throw Object.assign(new Error(`getaddrinfo ENOTFOUND ${hostname}`), { code: 'ENOTFOUND' });
      },
    });
    await assert.rejects(nameless('https://no-such-host.example/'), (error) => {
      assert.ok(error instanceof NotSent && error instanceof TypeError);
      assert.match(error.message, /ENOTFOUND/);
      return true;
    });
  });

  test('a handshake that fails comes before the request: surely not sent', async (t) => {
    const { port } = await serve(t, echo);
    const outbound = client(t, { allow: [`127.0.0.1:${port}`] });
    await assert.rejects(outbound(`https://127.0.0.1:${port}/`, { method: 'POST', body: 'x' }), NotSent);
  });

  test('time runs out before a connection stands: surely not sent', async (t) => {
    const outbound = client(t, { resolve: () => new Promise(() => {}) });
    await assert.rejects(outbound('http://slow-dns.example/', { timeoutMs: 50 }), (error) => {
      assert.ok(error instanceof NotSent);
      assert.equal((error.cause as DOMException).name, 'TimeoutError');
      return true;
    });
  });

  test('time runs out after the request was written: the outcome is unknown', async (t) => {
    const { url, host } = await serve(t, () => {});
    const asked = client(t, { allow: [host] })(url, { method: 'POST', body: 'x', timeoutMs: 200 });
    await assert.rejects(asked, (error) => error instanceof DOMException && error.name === 'TimeoutError');
  });

  test('time runs out while the answer drips: the outcome is unknown', async (t) => {
    const { url, host } = await serve(t, (_, response) => response.write('a bit'));
    const asked = client(t, { allow: [host] })(url, { timeoutMs: 200 });
    await assert.rejects(asked, (error) => error instanceof DOMException && error.name === 'TimeoutError');
  });

  test('a connection that breaks after the request: the outcome is unknown', async (t) => {
    const { url, host } = await serve(t, (request) => request.socket.destroy());
    await assert.rejects(client(t, { allow: [host] })(url, { method: 'POST', body: 'x' }), (error) => {
      assert.ok(error instanceof TypeError && !(error instanceof NotSent));
      return true;
    });
  });

  test('who asked gives up: before the connection nothing was sent, afterwards its own reason comes back', async (t) => {
    const { url, host } = await serve(t, () => controller.abort(new Error('shutting down')));
    const controller = new AbortController();
    const outbound = client(t, { allow: [host] });
    await assert.rejects(outbound(url, { signal: controller.signal }), /shutting down/);
    await assert.rejects(outbound(url, { signal: controller.signal }), NotSent);
  });

  test('no message names path or query, where platforms put tokens', async (t) => {
    const outbound = client(t, { allow: ['127.0.0.1:1'] });
    await assert.rejects(outbound('http://127.0.0.1:1/bot123:TOKEN?access_token=SECRET'), (error) => {
      assert.doesNotMatch(String(error), /TOKEN|SECRET/);
      return true;
    });
  });
});

describe('an answer that is read as it comes', () => {
  const read = async (answer: Response) => {
    let text = '';
    for await (const chunk of answer.body ?? []) text += Buffer.from(chunk).toString();
    return text;
  };

  test('is there before its end, and whole at the end', async (t) => {
    const { promise: ending, resolve: end } = Promise.withResolvers<void>();
    const { url, host } = await serve(t, (_, response) => {
      response.write('first ');
      void ending.then(() => response.end('last'));
    });
    const answer = await client(t, { allow: [host] })(url, { streamed: true });
    const reader = answer.body?.getReader();
    assert.equal(Buffer.from((await reader?.read())?.value ?? []).toString(), 'first ');
    end();
    assert.equal(Buffer.from((await reader?.read())?.value ?? []).toString(), 'last');
    assert.equal((await reader?.read())?.done, true);
  });

  test('is held to its length, its time and the signal, also amid the stream', async (t) => {
    const { url, host } = await serve(t, (request, response) => {
      response.write('x'.repeat(10));
      if (request.url === '/long') response.write('x'.repeat(100_000));
      if (request.url === '/cut') setImmediate(() => response.destroy());
    });
    const outbound = client(t, { allow: [host] });
    await assert.rejects(
      outbound(`${url}/long`, { streamed: true, maxBytes: 1_000 }).then(read),
      /longer than 1000 bytes/,
    );
    await assert.rejects(outbound(`${url}/cut`, { streamed: true }).then(read), /broke before its answer was whole/);
    await assert.rejects(outbound(url, { streamed: true, timeoutMs: 50 }).then(read), { name: 'TimeoutError' });
    const gone = new AbortController();
    const answer = await outbound(url, { streamed: true, signal: gone.signal });
    gone.abort(new Error('went away'));
    await assert.rejects(read(answer), /went away/);
  });

  test('comes no faster than it is read, and ends at the sender when nobody reads on', async (t) => {
    let sent = 0;
    const { promise: closed, resolve: onClosed } = Promise.withResolvers<void>();
    const { url, host } = await serve(t, (_, response) => {
      response.on('close', onClosed);
      const more = () => {
        do sent += 65_536;
        while (!response.destroyed && response.write(Buffer.alloc(65_536)));
      };
      response.on('drain', more);
      more();
    });
    const answer = await client(t, { allow: [host] })(url, { streamed: true, maxBytes: 1e12 });
    const reader = answer.body?.getReader();
    await reader?.read();
    // What the sockets of both sides hold, and no more, however long nobody reads.
    let before = -1;
    while (before !== sent) {
      before = sent;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    assert.ok(sent < 32 * 1024 * 1024, `${sent} bytes were taken`);
    await reader?.cancel();
    await closed;
  });
});
