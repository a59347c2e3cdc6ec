import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  type AdapterFixture,
  assertKeepsSecrets,
  type CallbackCase,
  type CallbackFixture,
  type Claim,
  type Delivery,
  type Gaps,
} from './adapter-fixture.ts';
import type { RawRequest, Received } from './channel-adapter.ts';
import { contentTypes } from './degrade.ts';
import { flipBit, hostileBodies, mutationsOf } from './mutated-bodies.ts';
import { Refusal } from './refusal.ts';
import { openOnScript } from './scripted-platform.ts';

/** What holds of `receive`: who is let in, that conversion is total, and that a repeat is known again. */
export function callbackClaims<S>(fixture: AdapterFixture<S>, callbacks: CallbackFixture, gaps: Gaps): Claim[] {
  return [
    ...conversionClaims(fixture, callbacks),
    ...refusalClaims(fixture, callbacks, gaps),
    ...repeatClaims(fixture, callbacks),
    gaps.has('no-long-ids') ? noLongIds(callbacks) : longIds(fixture, callbacks),
  ];
}

function conversionClaims<S>(fixture: AdapterFixture<S>, callbacks: CallbackFixture): Claim[] {
  const cases = callbacks.corpus.map((one) => ({
    name: `it understands ${one.name}`,
    run: () => {
      const received = deliver(fixture, sealed(fixture, callbacks, one));
      assertReceived(received);
      if (one.entries !== undefined) assert.deepEqual(received.entries, one.entries);
    },
  }));
  const handshakes = (callbacks.handshakes ?? []).map(({ name, request, answer }) => ({
    name: `it answers ${name}`,
    run: () => {
      const received = deliver(fixture, request);
      assert.equal(received.answer.body, answer);
      assert.deepEqual(received.entries, []);
      for (const forged of forgeries(callbacks, request)) assertRefused(fixture, forged);
    },
  }));
  return [...cases, ...handshakes, ...totalityClaims(fixture, callbacks)];
}

function totalityClaims<S>(fixture: AdapterFixture<S>, callbacks: CallbackFixture): Claim[] {
  const delivery = firstDelivery(fixture, 'mutated');
  return [
    {
      name: 'whatever a signed body says, it is understood or refused',
      run: () => {
        const mutated = fc.oneof(...callbacks.corpus.map(({ body }) => mutationsOf(asBytes(body))));
        fc.assert(
          fc.property(mutated, (body) => assertTotal(fixture, callbacks.seal(body, delivery))),
          { numRuns: 1_000 },
        );
      },
    },
    {
      name: 'a hostile body is understood or refused, in a moment',
      run: () => {
        for (const { name, body } of hostileBodies(fixture.adapter.maxBodyBytes)) {
          const began = performance.now();
          assertTotal(fixture, callbacks.seal(body, delivery));
          assert.ok(performance.now() - began < 2_000, `${name} takes too long.`);
        }
      },
    },
    {
      name: 'a request of any shape is understood or refused',
      run: () => fc.assert(fc.property(anyRequest(fixture.now), (request) => assertTotal(fixture, request))),
    },
  ];
}

function refusalClaims<S>(fixture: AdapterFixture<S>, callbacks: CallbackFixture, gaps: Gaps): Claim[] {
  const each = (check: (request: RawRequest) => void) => () => {
    for (const one of callbacks.corpus) check(sealed(fixture, callbacks, one));
  };
  return [
    {
      name: 'a callback that is unsigned, or whose signature was changed, is refused',
      run: each((request) => {
        for (const forged of forgeries(callbacks, request)) assertRefused(fixture, forged);
      }),
    },
    gaps.has('body-not-signed')
      ? {
          name: 'gap: the platform does not sign the body, so a changed one passes',
          run: () => assert.throws(() => each((request) => assertTamperedIsRefused(fixture, request))()),
        }
      : {
          name: 'a callback of which one bit was changed is refused',
          run: each((request) => assertTamperedIsRefused(fixture, request)),
        },
    gaps.has('no-time-window')
      ? { name: 'gap: the platform gives no time to judge by', run: () => assert.equal(callbacks.windowMs, undefined) }
      : {
          name: 'a callback outside its time window is refused',
          run: each((request) => assertStaleIsRefused(fixture, callbacks, request)),
        },
    {
      name: 'a callback that is too long is refused, though its signature is right',
      run: () => {
        const body = Buffer.alloc(fixture.adapter.maxBodyBytes + 1, ' ');
        assertRefused(fixture, callbacks.seal(body, firstDelivery(fixture, 'oversized')), [413]);
      },
    },
  ];
}

function assertTamperedIsRefused<S>(fixture: AdapterFixture<S>, request: RawRequest): void {
  const at = fc.nat({ max: Math.max(0, request.body.length - 1) });
  if (request.body.length === 0) return;
  fc.assert(
    fc.property(at, fc.nat({ max: 7 }), (index, bit) => {
      assertRefused(fixture, { ...request, body: flipBit(request.body, index, bit) });
    }),
    { numRuns: 30 },
  );
}

function assertStaleIsRefused<S>(fixture: AdapterFixture<S>, { windowMs }: CallbackFixture, request: RawRequest): void {
  assert.ok(windowMs !== undefined, 'windowMs, or the gap no-time-window.');
  // Platforms sign whole seconds, so one second more than the window is surely outside.
  assertRefused(fixture, { ...request, receivedAt: fixture.now + windowMs.past + 1_000 });
  assertRefused(fixture, { ...request, receivedAt: fixture.now - windowMs.future - 1_000 });
}

function repeatClaims<S>(fixture: AdapterFixture<S>, callbacks: CallbackFixture): Claim[] {
  return [
    {
      name: 'the same callback again has the same ids, so that it has the effect of once',
      run: () => {
        for (const one of callbacks.corpus) {
          const delivery = firstDelivery(fixture, one.name);
          const again = { ...delivery, attempt: 2, at: delivery.at + 60_000 };
          const [first, second] = [delivery, again].map((each) =>
            deliver(fixture, callbacks.seal(asBytes(one.body), each)).entries.map((entry) => entry.externalId),
          );
          assert.deepEqual(second, first, one.name);
        }
      },
    },
  ];
}

function longIds<S>(fixture: AdapterFixture<S>, callbacks: CallbackFixture): Claim {
  return {
    name: 'ids beyond 2^53 stay exact',
    run: () => {
      const { withId } = callbacks;
      assert.ok(withId !== undefined, 'withId, or the gap no-long-ids.');
      for (const id of [
        '9007199254740993',
        '9223372036854775807',
        '18446744073709551615',
        '123456789012345678901234567890',
      ]) {
        const { entries }: Received = deliver(fixture, callbacks.seal(asBytes(withId(id)), firstDelivery(fixture, id)));
        assert.ok(
          entries.some((entry) => entry.externalId.includes(id)),
          `${id} became ${entries[0]?.externalId}.`,
        );
      }
    },
  };
}

function noLongIds(callbacks: CallbackFixture): Claim {
  return { name: 'gap: the platform has no long ids', run: () => assert.equal(callbacks.withId, undefined) };
}

function firstDelivery<S>(fixture: AdapterFixture<S>, callback: string): Delivery {
  return { callback, attempt: 1, at: fixture.now };
}

function sealed<S>(fixture: AdapterFixture<S>, callbacks: CallbackFixture, { name, body }: CallbackCase): RawRequest {
  return callbacks.seal(asBytes(body), firstDelivery(fixture, name));
}

function asBytes(body: string | Uint8Array): Uint8Array {
  return typeof body === 'string' ? Buffer.from(body) : body;
}

/** As the gateway does it: what is too long never reaches the adapter. Every time on a channel that has just opened. */
function deliver<S>({ adapter, settings }: AdapterFixture<S>, request: RawRequest): Received {
  if (request.body.length > adapter.maxBodyBytes) throw new Refusal('body-too-large', 'The body is too long.');
  const { instance } = openOnScript(adapter, { settings, now: request.receivedAt });
  assert.ok(instance.receive !== undefined, 'It has callbacks, and no receive().');
  return instance.receive(request);
}

/** Every way to take one part of the signature away, or to change it. */
function forgeries({ signedBy }: CallbackFixture, request: RawRequest): RawRequest[] {
  return signedBy.names.flatMap((name) => [
    replaced(request, signedBy.in, name, () => undefined),
    replaced(request, signedBy.in, name, () => ''),
    replaced(request, signedBy.in, name, (value) => value.slice(0, value.length / 2)),
    replaced(request, signedBy.in, name, changeInTheMiddle),
  ]);
}

function changeInTheMiddle(value: string): string {
  const middle = Math.floor(value.length / 2);
  return value.slice(0, middle) + (value[middle] === '1' ? '2' : '1') + value.slice(middle + 1);
}

function replaced(
  request: RawRequest,
  where: 'headers' | 'query',
  name: string,
  change: (value: string) => string | undefined,
): RawRequest {
  const value = where === 'headers' ? request.headers[name] : request.query.get(name);
  assert.ok(typeof value === 'string' && value !== '', `The sealed request has no ${name} in its ${where}.`);
  const next = change(value);
  if (where === 'headers') return { ...request, headers: { ...request.headers, [name]: next } };
  const query = new URLSearchParams(request.query);
  if (next === undefined) query.delete(name);
  else query.set(name, next);
  return { ...request, query };
}

function assertRefused<S>(fixture: AdapterFixture<S>, request: RawRequest, statuses = [401, 403]): void {
  try {
    deliver(fixture, request);
  } catch (error) {
    assert.ok(error instanceof Refusal, `Expected a Refusal, got ${error}`);
    assert.ok(statuses.includes(error.status), `Expected ${statuses}, got ${error.status} ${error.code}.`);
    assertKeepsSecrets(fixture, error.message);
    return;
  }
  assert.fail('It was accepted.');
}

function assertTotal<S>(fixture: AdapterFixture<S>, request: RawRequest): void {
  try {
    assertReceived(deliver(fixture, request));
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    assert.ok([400, 401, 403, 404, 413, 415].includes(error.status), `${error.status} ${error.code}`);
    assertKeepsSecrets(fixture, error.message);
  }
}

function assertReceived({ answer, entries }: Received): void {
  assert.ok(Number.isInteger(answer.status) && answer.status >= 200 && answer.status < 300, `Answer ${answer.status}.`);
  for (const entry of entries) {
    assert.ok(typeof entry.externalId === 'string' && entry.externalId !== '', 'An entry without externalId.');
    assert.ok(typeof entry.contact.externalId === 'string', 'An entry without a contact.');
    if (entry.kind === 'message') assert.ok(contentTypes.includes(entry.content.type), entry.content.type);
    if (entry.sentAt !== undefined) assert.ok(Number.isSafeInteger(entry.sentAt), `sentAt ${entry.sentAt}.`);
  }
  assertStorable(entries);
}

/** Every text inside can be stored and read back exactly: no NUL, no half of a surrogate pair. */
function assertStorable(value: unknown): void {
  if (typeof value === 'string')
    assert.ok(value.isWellFormed() && !value.includes('\0'), 'A text that cannot be stored.');
  else if (typeof value === 'object' && value !== null) for (const part of Object.values(value)) assertStorable(part);
}

function anyRequest(now: number): fc.Arbitrary<RawRequest> {
  return fc.record({
    method: fc.constantFrom('GET' as const, 'POST' as const),
    path: fc.constantFrom('', '/x', '/../..'),
    query: fc.dictionary(fc.string(), fc.string(), { maxKeys: 4 }).map((entries) => new URLSearchParams(entries)),
    headers: fc.dictionary(fc.string(), fc.string(), { maxKeys: 4 }),
    body: fc.uint8Array({ maxLength: 64 }),
    receivedAt: fc.constant(now),
  });
}
