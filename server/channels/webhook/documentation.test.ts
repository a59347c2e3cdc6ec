import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import type { Outbound } from '../../gateway/channel-adapter.ts';
import { openOnScript } from '../../gateway/scripted-platform.ts';
import { webhook } from './adapter.ts';
import { otherTestSecret, sealWebhook, testNow, testSecret, testSettings } from './webhook-fixture.ts';

const page = await readFile(new URL('../../../docs/channels/webhook.md', import.meta.url), 'utf8');

/** The code blocks of the page that are marked `<!-- example: name -->`. */
function examples(name: string): string[] {
  const marked = new RegExp(`<!-- example: ${name} -->\\n\`\`\`\\w+\\n(.*?)\`\`\``, 'gs');
  const found = [...page.matchAll(marked)].map((match) => match[1] ?? '');
  assert.ok(found.length > 0, `The page has no example: ${name}.`);
  return found;
}

function example(name: string): string {
  return examples(name)[0] ?? '';
}

async function importExample(name: string): Promise<Record<string, (...args: never[]) => unknown>> {
  return import(`data:text/javascript,${encodeURIComponent(example(name))}`);
}

function receive(body: string) {
  const { instance } = openOnScript(webhook, { settings: testSettings, now: testNow });
  const received = instance.receive?.(sealWebhook(body, { callback: 'documented', at: testNow }));
  assert.ok(received !== undefined);
  return received;
}

test('every documented request is accepted', () => {
  for (const body of examples('in')) assert.equal(receive(body).answer.status, 200);
  const [message] = receive(example('in')).entries;
  assert.equal(message?.threadId, 'order-chat-1');
  assert.deepEqual(message.contact.attributes, { plan: 'gold' });
  assert.equal(receive(examples('in')[1] ?? '').entries.length, 4);
});

test('the documented answer is the one that the documented message gets', () => {
  assert.deepEqual(JSON.parse(example('answer')), JSON.parse(receive(example('in')).answer.body));
});

test('every event type that the page names is understood', () => {
  const [, section = ''] = /### Everything else that happens(.*?)###/s.exec(page) ?? [];
  const types = [...section.matchAll(/^\| (`[a-z]+\.[a-z]+`(?:, `[a-z]+\.[a-z]+`)?|`postback`) +\|/gm)].flatMap((row) =>
    [...(row[1] ?? '').matchAll(/`([a-z.]+)`/g)].map((name) => name[1] ?? ''),
  );
  assert.equal(types.length, 10, types.join());
  const all = {
    contact: { externalId: 'u' },
    externalId: 'm',
    content: { type: 'text', text: 'a' },
    emoji: '👍',
    payload: 'p',
  };
  for (const type of types) assert.equal(receive(JSON.stringify({ type, data: all })).entries.length, 1, type);
});

test('the documented reply is the one that is posted', async () => {
  const documented = JSON.parse(example('out')) as {
    timestamp: string;
    data: { externalId: string; content: { type: 'text'; text: string } };
  };
  const { instance, requests } = openOnScript(webhook, {
    settings: testSettings,
    now: testNow,
    script: [{ status: 200 }],
  });
  const outbound: Outbound = {
    to: { contactExternalId: 'user-42', threadId: 'order-chat-1', conversationId: 'c0000000000000001' },
    message: {
      id: documented.data.externalId,
      conversationId: 'c0000000000000001',
      seq: 2,
      direction: 'out',
      sender: { type: 'agent', id: 'a1', name: 'Lin' },
      content: documented.data.content,
      private: false,
      state: 'queued',
      createdAt: Date.parse(documented.timestamp),
    },
    parts: [documented.data.content],
    fromPart: 0,
    partSent: async () => {},
    idempotencyKey: 'out_1',
    attempt: 1,
  };
  await instance.send?.(outbound, new AbortController().signal);
  assert.deepEqual(JSON.parse(requests[0]?.body ?? ''), documented);
});

test('what the sample code signs is accepted, and what we sign passes its check', async () => {
  const { signedHeaders } = await importExample('sign');
  const { isFromParley } = await importExample('verify');
  assert.ok(signedHeaders !== undefined && isFromParley !== undefined);
  const body = example('in');
  const headers = signedHeaders(...([body, testSecret] as never[])) as Record<string, string>;
  const now = Date.now();
  const { instance } = openOnScript(webhook, { settings: testSettings, now });
  const request = {
    method: 'POST',
    path: '',
    query: new URLSearchParams(),
    headers,
    body: Buffer.from(body),
    receivedAt: now,
  } as const;
  assert.equal(instance.receive?.(request).entries.length, 1);

  const channel = openOnScript(webhook, { settings: testSettings, now, script: [{ status: 200 }] });
  await channel.instance.check?.(new AbortController().signal);
  const [ping] = channel.requests;
  const check = (secret: string, said = ping?.body) => isFromParley(...([ping?.headers, said, secret] as never[]));
  assert.deepEqual([check(otherTestSecret), check(testSecret), check(otherTestSecret, '{}')], [true, false, false]);
});

test('the documented identity hash is right', () => {
  const [hash] = /[0-9a-f]{64}/.exec(page) ?? [];
  const body = JSON.stringify({
    type: 'typing.started',
    data: { contact: { externalId: 'user-42', identityHash: hash } },
  });
  assert.equal(receive(body).entries[0]?.contact.attributes?.identityVerified, 'true');
});
