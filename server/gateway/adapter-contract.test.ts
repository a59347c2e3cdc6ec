import assert from 'node:assert/strict';
import { createHmac, timingSafeEqual } from 'node:crypto';
import { describe, test } from 'node:test';
import { adapterClaims } from './adapter-contract.ts';
import type { AdapterFixture } from './adapter-fixture.ts';
import { type ChannelAdapter, Gone, type RawRequest, Rejected, RetryAfter } from './channel-adapter.ts';
import { NotSent } from './channel-fetch.ts';
import { Refusal } from './refusal.ts';

type Settings = { secret: string };
/** What a careless author may leave out or get wrong. */
interface Habits {
  readonly looksAtSignature?: boolean;
  readonly looksAtTime?: boolean;
  readonly signsBody?: boolean;
  readonly checksShape?: boolean;
  readonly idFromTime?: boolean;
  readonly idsAsNumbers?: boolean;
  readonly readsAnswer?: boolean;
  readonly knowsNotSent?: boolean;
  readonly honoursFromPart?: boolean;
  readonly sendsKey?: boolean;
  readonly showsSecret?: boolean;
  readonly marksSecret?: boolean;
}

const now = 1_767_323_045_000;
const careful: Required<Habits> = {
  looksAtSignature: true,
  looksAtTime: true,
  signsBody: true,
  checksShape: true,
  idFromTime: false,
  idsAsNumbers: false,
  readsAnswer: true,
  knowsNotSent: true,
  honoursFromPart: true,
  sendsKey: true,
  showsSecret: false,
  marksSecret: true,
};

function signatureOf(habits: Required<Habits>, secret: string, time: string, body: Uint8Array): string {
  return createHmac('sha256', secret)
    .update(time)
    .update(habits.signsBody ? body : '')
    .digest('hex');
}

function verify(habits: Required<Habits>, secret: string, request: RawRequest): void {
  const { 'x-time': time = '', 'x-signature': signature = '' } = request.headers;
  if (habits.looksAtTime && !(Math.abs(Number(time) - request.receivedAt) <= 300_000)) {
    throw new Refusal('signature-stale', 'Too old.');
  }
  const [given, expected] = [signature, signatureOf(habits, secret, time, request.body)].map((text) =>
    Buffer.from(text),
  );
  const isRight =
    given !== undefined &&
    expected !== undefined &&
    given.length === expected.length &&
    timingSafeEqual(given, expected);
  if (habits.looksAtSignature && !isRight)
    throw new Refusal('signature-wrong', habits.showsSecret ? `Not ${secret}.` : 'Wrong.');
}

/** The body of this small platform: `id from text`, all in one line. */
function convert(habits: Required<Habits>, request: RawRequest) {
  const line = Buffer.from(request.body).toString('utf8');
  const match = /^(\w+) (\w+) ([\x20-\x7e]+)$/.exec(line);
  if (match === null && habits.checksShape) throw new Refusal('content-invalid', 'Expected: id from text.');
  const [, id = '', from = '', text = ''] = match as RegExpExecArray;
  const externalId = habits.idsAsNumbers
    ? String(Number(id))
    : habits.idFromTime
      ? `${id}-${request.headers['x-time']}`
      : id;
  const entry = {
    kind: 'message',
    externalId,
    contact: { externalId: from },
    content: { type: 'text', text },
  } as const;
  return { entries: [entry], answer: { status: 200, contentType: 'text/plain', body: 'ok' } };
}

function adapterWith(habits: Required<Habits>): ChannelAdapter<Settings> {
  return {
    type: 'small',
    name: { en: 'Small', 'zh-CN': '小' },
    description: { en: 'A small platform.', 'zh-CN': '小平台。' },
    settings: [
      {
        key: 'secret',
        kind: habits.marksSecret ? 'secret' : 'text',
        label: { en: 'Secret', 'zh-CN': '密钥' },
        required: true,
      },
    ],
    capabilities: {
      content: ['text'],
      maxTextBytes: 1_000,
      typing: false,
      receipts: { delivered: false, read: false },
      idempotentSend: true,
      rate: { perSecond: 1, burst: 1 },
      recall: false,
      edit: false,
    },
    maxBodyBytes: 4_096,
    open: ({ settings, fetch }) => ({
      receive: (request) => {
        verify(habits, settings.secret, request);
        return convert(habits, request);
      },
      send: async (outbound, signal) => {
        for (const [index, part] of outbound.parts.entries()) {
          if (habits.honoursFromPart && index < outbound.fromPart) continue;
          const body = part.type === 'text' ? part.text : '';
          const headers: Record<string, string> = habits.sendsKey
            ? { 'x-key': `${outbound.idempotencyKey}-${index}` }
            : {};
          const asked = fetch('https://small.example/', { method: 'POST', headers, body, signal });
          const response = await asked.catch((error: unknown) => {
            if (habits.knowsNotSent && error instanceof NotSent) throw new RetryAfter('Not sent.', { cause: error });
            throw error;
          });
          if (habits.readsAnswer && response.status === 400) throw new Rejected('Refused.', { platformCode: '400' });
          if (response.status === 429) throw new RetryAfter('Later.', { afterMs: 1_000 });
          if (response.status === 410) throw new Gone('contact', 'Left.');
          await outbound.partSent(index);
        }
        return {};
      },
    }),
  };
}

function fixtureWith(changed: Habits): AdapterFixture<Settings> {
  const habits = { ...careful, ...changed };
  const settings = { secret: 'a-secret-of-the-test' };
  return {
    adapter: adapterWith(habits),
    settings,
    now,
    callbacks: {
      corpus: [
        {
          name: 'a text',
          body: 'm1 ann Hello there',
          entries: [
            {
              kind: 'message',
              externalId: 'm1',
              contact: { externalId: 'ann' },
              content: { type: 'text', text: 'Hello there' },
            },
          ],
        },
      ],
      seal: (body, { at }) => {
        const time = String(at);
        const headers = { 'x-time': time, 'x-signature': signatureOf(habits, settings.secret, time, body) };
        return { method: 'POST', path: '', query: new URLSearchParams(), headers, body, receivedAt: at };
      },
      signedBy: { in: 'headers', names: ['x-time', 'x-signature'] },
      windowMs: { past: 300_000, future: 300_000 },
      withId: (id) => `${id} ann Hello`,
    },
    sends: {
      accepts: [{ status: 200 }],
      cases: [
        { name: 'refused', answers: [{ status: 400 }], expected: { kind: 'rejected', platformCode: '400' } },
        { name: 'later', answers: [{ status: 429 }], expected: { kind: 'retry-after', afterMs: 1_000 } },
        { name: 'gone', answers: [{ status: 410 }], expected: { kind: 'gone', what: 'contact' } },
        { name: 'no answer', answers: [{ fails: 'timeout' }], expected: { kind: 'unknown' } },
      ],
    },
  };
}

async function refutedClaims(fixture: AdapterFixture<Settings>): Promise<string[]> {
  const refuted: string[] = [];
  for (const claim of adapterClaims(fixture)) {
    try {
      await claim.run();
    } catch {
      refuted.push(claim.name);
    }
  }
  return refuted;
}

test('a careful adapter keeps the contract', async () => {
  assert.deepEqual(await refutedClaims(fixtureWith({})), []);
});

describe('the contract catches an adapter that', () => {
  const careless: [name: string, habits: Habits, claim: RegExp][] = [
    ['lets everybody in', { looksAtSignature: false }, /unsigned, or whose signature was changed/],
    ['does not see that the body was changed', { signsBody: false }, /one bit was changed/],
    ['takes an old callback', { looksAtTime: false }, /outside its time window/],
    ['breaks on a strange body', { checksShape: false }, /whatever a signed body says/],
    ['makes two messages of a repeat', { idFromTime: true }, /the same callback again/],
    ['rounds ids', { idsAsNumbers: true }, /beyond 2\^53/],
    ['takes a refusal for success', { readsAnswer: false }, /^send: refused$/],
    ['does not know what was surely not sent', { knowsNotSent: false }, /surely did not leave/],
    ['repeats parts that were sent', { honoursFromPart: false }, /each part is told/],
    ['promises idempotency and sends no key', { sendsKey: false }, /idempotency key/],
    ['shows a secret in an error', { showsSecret: true }, /unsigned, or whose signature was changed/],
    ['shows a secret in the settings', { marksSecret: false }, /settings form is whole/],
  ];
  for (const [name, habits, claim] of careless) {
    test(name, async () => {
      const refuted = await refutedClaims(fixtureWith(habits));
      assert.ok(
        refuted.some((refutedName) => claim.test(refutedName)),
        refuted.join('; '),
      );
    });
  }
});

describe('a gap', () => {
  test('is named, or what it leaves out fails', async () => {
    const { callbacks: _, ...withoutCallbacks } = fixtureWith({});
    assert.deepEqual(await refutedClaims(withoutCallbacks), ['what it leaves out is named: no-callbacks']);
    assert.deepEqual(await refutedClaims({ ...withoutCallbacks, gaps: ['no-callbacks'] }), []);
  });

  test('that the adapter does not have fails', async () => {
    assert.match(
      (await refutedClaims({ ...fixtureWith({}), gaps: ['body-not-signed'] })).join(),
      /gap: the platform does not sign/,
    );
    assert.match((await refutedClaims({ ...fixtureWith({}), gaps: ['never-gone'] })).join(), /every kind of outcome/);
  });

  test('covers a platform that cannot do better', async () => {
    assert.deepEqual(await refutedClaims({ ...fixtureWith({ signsBody: false }), gaps: ['body-not-signed'] }), []);
  });
});
