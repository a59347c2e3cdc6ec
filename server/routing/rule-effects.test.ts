import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { createOutboundFetch } from '../gateway/channel-fetch.ts';
import { until } from '../testing/running-program.ts';
import { createRuleEffects } from './rule-effects.ts';

test('a rule’s webhook is called once whatever it answers, reaches no private address, and failures are logged', async (t) => {
  const bodies: unknown[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => {
      body += String(chunk);
    });
    request.on('end', () => {
      bodies.push(JSON.parse(body));
      response.writeHead(request.url === '/good' ? 204 : 503).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const [open, closed] = [createOutboundFetch({ allow: [host] }), createOutboundFetch({ allow: [] })];
  t.after(async () => {
    await Promise.all([open.close(), closed.close()]);
    server.close();
  });
  const logged: string[] = [];
  const log = (text: string) => logged.push(text);
  const conversations = { fromServer: () => Promise.reject(new Error('nothing is said here')) };
  const effects = createRuleEffects({ conversations, fetch: open, log });
  effects.callWebhook(`http://${host}/good`, { ruleId: 'r1', conversationId: '7' });
  effects.callWebhook(`http://${host}/bad`, { ruleId: 'r2', conversationId: '7' });
  createRuleEffects({ conversations, fetch: closed, log }).callWebhook(`http://${host}/good`, {
    ruleId: 'r3',
    conversationId: '7',
  });
  await until(() => logged.length === 2 && bodies.length === 2);
  assert.deepEqual(bodies, [
    { ruleId: 'r1', conversationId: '7' },
    { ruleId: 'r2', conversationId: '7' },
  ]);
  logged.sort();
  assert.match(logged[0] ?? '', /rule r2 for conversation 7: answered with 503/);
  assert.match(logged[1] ?? '', /rule r3 for conversation 7: .* leads into a network/);
});
