import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { describe, test } from 'node:test';
import { Refusal } from '../../gateway/refusal.ts';
import { openOnScript } from '../../gateway/scripted-platform.ts';
import { webhook } from './adapter.ts';
import { otherTestSecret, sealWebhook, testNow, testSettings } from './webhook-fixture.ts';

function receive(body: string | Uint8Array, settings = testSettings, secret?: string) {
  const { instance } = openOnScript(webhook, { settings, now: testNow });
  const received = instance.receive?.(sealWebhook(body, { callback: 'one', at: testNow }, secret));
  assert.ok(received !== undefined);
  return received;
}

function refusal(body: string | Uint8Array): Refusal {
  try {
    receive(body);
  } catch (error) {
    assert.ok(error instanceof Refusal, String(error));
    return error;
  }
  return assert.fail('It was accepted.');
}

const contact = { externalId: 'u1' };
const text = { type: 'text', text: 'Hello' };
const message = (data: object) =>
  JSON.stringify({ type: 'message.created', data: { contact, content: text, ...data } });
/** `msg_` and the hex of "one": the `webhook-id` that `receive` sends. */
const webhookId = 'msg_6f6e65';

describe('the answer', () => {
  test('counts the events and names their ids: their own, or the webhook-id with their number', () => {
    const events = [{ externalId: 'a' }, {}, { externalId: 'c' }].map((data) => JSON.parse(message(data)) as unknown);
    const { answer } = receive(JSON.stringify({ events }));
    assert.equal(answer.status, 200);
    assert.deepEqual(JSON.parse(answer.body), { accepted: 3, ids: ['a', `${webhookId}:1`, 'c'] });
  });
});

describe('what is stored exactly', () => {
  test('whole numbers as ids, however long, among texts that look like numbers', () => {
    const body = `{"type":"message.created","data":{"externalId":9007199254740993,"contact":{"externalId":12345},"conversation":{"externalId":-9223372036854775807},"content":{"type":"text","text":"card: 1234567890123456789, {\\"a\\":9007199254740993}"}}}`;
    const [entry] = receive(body).entries;
    assert.deepEqual(
      [entry?.externalId, entry?.contact.externalId, entry?.threadId],
      ['9007199254740993', '12345', '-9223372036854775807'],
    );
    assert.ok(entry?.kind === 'message' && entry.content.type === 'text');
    assert.equal(entry.content.text, 'card: 1234567890123456789, {"a":9007199254740993}');
  });

  test('four-byte characters, right-to-left marks and a text of 64 KB', () => {
    for (const said of ['👩‍👩‍👧‍👦 𠮷野家', '\u202eabc\u202c', '\\u0000 is not a NUL', 'x'.repeat(65_536)]) {
      const [entry] = receive(message({ content: { type: 'text', text: said } })).entries;
      assert.ok(entry?.kind === 'message' && entry.content.type === 'text');
      assert.equal(entry.content.text, said);
    }
  });

  test('an emoji written as two escapes', () => {
    const [entry] = receive(message({}).replace('Hello', '\\ud83d\\ude00')).entries;
    assert.ok(entry?.kind === 'message' && entry.content.type === 'text');
    assert.equal(entry.content.text, '😀');
  });

  test('an attribute by the name of __proto__ is an attribute', () => {
    const body = message({}).replace('"externalId":"u1"', '"externalId":"u1","attributes":{"__proto__":"x"}');
    const [entry] = receive(body).entries;
    assert.deepEqual(Object.entries(entry?.contact.attributes ?? {}), [['__proto__', 'x']]);
  });
});

describe('a body that is refused names the place', () => {
  const refused: [name: string, body: string | Uint8Array, message: RegExp, field: string][] = [
    ['no JSON', '{"type":', /^body: is not JSON/, 'body'],
    ['wrong UTF-8', Uint8Array.of(0x22, 0xc3, 0x28, 0x22), /^body: is not UTF-8/, 'body'],
    ['nested deep', `{"a":${'['.repeat(40)}${']'.repeat(40)}}`, /^body: is nested deeper than 32 levels/, 'body'],
    ['a list', '[]', /^body: expected an object, got a list/, 'body'],
    ['no type', '{"data":{}}', /^type: expected a text, got nothing/, 'type'],
    [
      'a type that does not exist',
      '{"type":"message.create","data":{"contact":{"externalId":"u"}}}',
      /^type: expected one of message\.created, /,
      'type',
    ],
    [
      'a type from Object.prototype',
      '{"type":"constructor","data":{"contact":{"externalId":"u"}}}',
      /^type: expected one of/,
      'type',
    ],
    ['no data', '{"type":"postback"}', /^data: expected an object, got nothing/, 'data'],
    ['no contact', '{"type":"typing.started","data":{}}', /^data\.contact: expected an object/, 'data.contact'],
    [
      'a contact with a list for an id',
      message({ contact: { externalId: [] } }),
      /got a list/,
      'data.contact.externalId',
    ],
    ['an id that is a fraction', message({ externalId: 1.5 }), /expected a text, got a number/, 'data.externalId'],
    ['an id that is too long', message({ externalId: 'x'.repeat(192) }), /longer than 191/, 'data.externalId'],
    [
      'a text that is too long',
      message({ content: { type: 'text', text: 'é'.repeat(32_769) } }),
      /longer than 65536 bytes/,
      'data.content.text',
    ],
    ['an empty text', message({ content: { type: 'text', text: '' } }), /is empty/, 'data.content.text'],
    [
      'a content of no known type',
      message({ content: { type: 'poem' } }),
      /expected one of text, image/,
      'data.content.type',
    ],
    [
      'a script for an address',
      message({ content: { type: 'link', url: 'javascript:alert(1)', title: 'x' } }),
      /http or https/,
      'data.content.url',
    ],
    [
      'a file of ours for an image',
      message({ content: { type: 'image', url: '/files/a/b/c.png' } }),
      /http or https/,
      'data.content.url',
    ],
    ['a NUL', message({}).replace('Hello', 'a\\u0000b'), /contains a NUL character/, 'data.content.text'],
    [
      'half of a surrogate pair',
      message({}).replace('Hello', 'a\\ud83d'),
      /half of a surrogate pair/,
      'data.content.text',
    ],
    [
      'a day instead of a time',
      '{"type":"postback","timestamp":"2026-01-02","data":{"contact":{"externalId":"u"},"payload":"x"}}',
      /ISO 8601/,
      'timestamp',
    ],
    [
      'a time that never was',
      '{"type":"postback","timestamp":"2026-13-02T00:00:00Z","data":{"contact":{"externalId":"u"},"payload":"x"}}',
      /ISO 8601/,
      'timestamp',
    ],
    [
      'an attribute that is a number',
      message({ contact: { externalId: 'u', attributes: { age: 7 } } }),
      /got a number/,
      'data.contact.attributes.age',
    ],
    ['no events', '{"events":[]}', /list of 1 to 100/, 'events'],
    ['too many events', `{"events":[${'{},'.repeat(100)}{}]}`, /list of 1 to 100/, 'events'],
    [
      'one bad event among good ones',
      `{"events":[${message({})},{"type":"postback","data":{"contact":{"externalId":"u"}}}]}`,
      /^events\[1\]\.data\.payload: expected a text, got nothing/,
      'events[1].data.payload',
    ],
  ];
  for (const [name, body, expected, field] of refused) {
    test(name, () => {
      const error = refusal(body);
      assert.match(error.message, expected);
      assert.deepEqual([error.code, error.status, error.field], ['content-invalid', 400, field]);
    });
  }

  test('and never quotes what was said', () => {
    assert.doesNotMatch(refusal('{"text":"my password is hunter2" oops').message, /hunter2/);
  });
});

describe('who the contact is', () => {
  const identityHash = createHmac('sha256', 'test_hmac_token').update('user-42').digest('hex');
  const from = (fields: object) => message({ contact: { externalId: 'user-42', ...fields } });

  test('a right hash proves it', () => {
    const [entry] = receive(from({ identityHash })).entries;
    assert.deepEqual(entry?.contact.attributes, { identityVerified: 'true' });
  });

  test('without a hash nobody vouches, and the attribute cannot be set from outside', () => {
    assert.equal(receive(from({})).entries[0]?.contact.attributes, undefined);
    assert.match(refusal(from({ attributes: { identityVerified: 'true' } })).message, /send identityHash/);
  });

  test('a wrong hash is refused: that of another contact, a cut one, none', () => {
    const others = createHmac('sha256', 'test_hmac_token').update('user-43').digest('hex');
    for (const hash of [others, identityHash.slice(0, 62), 'zz']) {
      assert.deepEqual([refusal(from({ identityHash: hash })).code], ['forbidden']);
    }
  });

  test('without an identity secret a hash proves nothing', () => {
    const { identitySecret: _, ...settings } = testSettings;
    assert.equal(receive(from({ identityHash }), settings).entries[0]?.contact.attributes, undefined);
  });
});

test('during a rotation the former secret is accepted beside the current one, and afterwards not', () => {
  const rotated = { ...testSettings, inboundSecret: otherTestSecret };
  const former = { ...rotated, formerInboundSecret: testSettings.inboundSecret };
  assert.equal(receive(message({}), former).entries.length, 1);
  assert.equal(receive(message({}), former, otherTestSecret).entries.length, 1);
  assert.throws(() => receive(message({}), rotated), { code: 'signature-wrong' });
});

test('GET is refused, signed or not', () => {
  const { instance } = openOnScript(webhook, { settings: testSettings, now: testNow });
  const request = sealWebhook('', { callback: 'one', at: testNow });
  assert.throws(() => instance.receive?.({ ...request, method: 'GET' }), { code: 'bad-request' });
});
