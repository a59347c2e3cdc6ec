import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { Refusal } from '../../gateway/refusal.ts';
import { readAnyXml, readFlatXml } from './callback-body.ts';
import { createCallbackReader } from './callbacks.ts';
import { corpus, plainSettings, safeSettings, sealCallback, testNow } from './wechat-fixture.ts';

const now = () => testNow;
const text = corpus[0]?.body ?? '';
const delivery = { at: testNow, callback: 'a' };

function refusalOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    assert.ok(error instanceof Refusal, `not a refusal: ${String(error)}`);
    return error.code;
  }
  assert.fail('nothing was refused');
}

test('the address check answers the echo word for word, and only to the right signature', () => {
  const settings = { ...plainSettings, token: 'AAAAA' };
  const read = createCallbackReader(settings, () => 1_714_036_504_000);
  const ask = (signature: string) =>
    read({
      method: 'GET',
      path: '',
      query: new URLSearchParams({
        signature,
        timestamp: '1714036504',
        nonce: '1514711492',
        echostr: '4375120948345356249',
      }),
      headers: {},
      body: new Uint8Array(),
      receivedAt: 0,
    });
  assert.deepEqual(ask('f464b24fc39322e44b38aa78f5edd27bd1441696').answer.body, '4375120948345356249');
  assert.equal(
    refusalOf(() => ask('f464b24fc39322e44b38aa78f5edd27bd1441697')),
    'signature-wrong',
  );
});

for (const [mode, json] of [
  ['plain', false],
  ['compatible', false],
  ['safe', false],
  ['safe', true],
] as const) {
  test(`every type of message and event is understood in ${mode} mode${json ? ', sent as JSON' : ''}`, () => {
    const settings = { ...safeSettings, mode };
    const read = createCallbackReader(settings, now);
    for (const { name, body, entries } of corpus) {
      const { answer, entries: read_ } = read(sealCallback(body, delivery, { settings, json }));
      assert.equal(answer.body, 'success');
      assert.deepEqual(read_, entries, name);
    }
  });
}

test('in compatible mode only what was encrypted counts', () => {
  const settings = { ...safeSettings, mode: 'compatible' as const };
  const request = sealCallback(text, delivery, { settings });
  const forged = Buffer.from(Buffer.from(request.body).toString().replace('[oUser]', '[oThief]'));
  const [entry] = createCallbackReader(settings, now)({ ...request, body: forged }).entries;
  assert.equal(entry?.contact.externalId, 'oUser');
});

test('a plain callback is refused where safe mode is configured, although its signature is right', () => {
  const request = sealCallback(text, delivery, { settings: plainSettings });
  assert.equal(
    refusalOf(() => createCallbackReader(safeSettings, now)(request)),
    'signature-missing',
  );
});

test('a callback that was encrypted for another app is refused', () => {
  const request = sealCallback(text, delivery, { settings: safeSettings, receiver: 'wxother' });
  assert.equal(
    refusalOf(() => createCallbackReader(safeSettings, now)(request)),
    'signature-wrong',
  );
});

test('a callback for another account is refused where the original id is set', () => {
  const read = createCallbackReader({ ...safeSettings, originalId: 'gh_other' }, now);
  assert.equal(
    refusalOf(() => read(sealCallback(text, delivery, { settings: safeSettings }))),
    'forbidden',
  );
});

test('a DOCTYPE is refused, however it is written, and entities stay what they were', () => {
  const read = createCallbackReader(plainSettings, now);
  for (const doctype of ['<!DOCTYPE xml [<!ENTITY a "b">]>', '<!doctype xml SYSTEM "file:///etc/passwd">']) {
    assert.equal(
      refusalOf(() => read(sealCallback(`${doctype}${text}`, delivery, { settings: plainSettings }))),
      'bad-request',
    );
  }
  const [entry] = read(
    sealCallback(text.replace('<![CDATA[this is a test]]>', 'a &lol; b'), delivery, { settings: plainSettings }),
  ).entries;
  assert.deepEqual(entry?.kind === 'message' && entry.content, { type: 'text', text: 'a &lol; b' });
});

test('wrong UTF-8 is refused', () => {
  const request = sealCallback(text, delivery, { settings: plainSettings });
  const body = Buffer.concat([Buffer.from(request.body), Buffer.from([0xff, 0xfe])]);
  assert.equal(
    refusalOf(() => createCallbackReader(plainSettings, now)({ ...request, body })),
    'bad-request',
  );
});

test('whatever stands in the body, it is understood or refused', async () => {
  const read = createCallbackReader(plainSettings, now);
  const bodies = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.json(),
    fc.tuple(fc.constantFrom(...corpus.map(({ body }) => body)), fc.nat(), fc.string()).map(([body, at, inserted]) => {
      const place = at % body.length;
      return body.slice(0, place) + inserted + body.slice(place + inserted.length);
    }),
  );
  await fc.assert(
    fc.property(bodies, (body) => {
      try {
        read(sealCallback(body, delivery, { settings: plainSettings }));
      } catch (error) {
        assert.ok(error instanceof Refusal, `not a refusal: ${String(error)}`);
      }
    }),
    { numRuns: 2_000 },
  );
});

test('our reader of the flat form reads what the whole parser reads', async () => {
  const names = fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,10}$/);
  const values = fc.string({ unit: 'grapheme' }).map((value) => value.replace(/[<>&\]\r]/g, '').replace(/\0/g, ''));
  const fields = fc.uniqueArray(fc.tuple(names, values, fc.boolean()), {
    selector: ([name]) => name,
    minLength: 1,
    maxLength: 12,
  });
  await fc.assert(
    fc.property(fields, (list) => {
      const body = `<xml>${list.map(([name, value, cdata]) => `<${name}>${cdata ? `<![CDATA[${value}]]>` : value}</${name}>`).join('\n')}</xml>`;
      const flat = readFlatXml(body);
      assert.ok(flat !== undefined);
      const whole = readAnyXml(body);
      for (const [name, value] of flat) assert.equal(whole.get(name) ?? '', value, name);
    }),
  );
});
