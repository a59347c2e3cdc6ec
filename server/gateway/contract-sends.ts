import assert from 'node:assert/strict';
import type { Content, Message } from '@parley/sdk/protocol.ts';
import {
  type AdapterFixture,
  assertKeepsSecrets,
  type Claim,
  type Gaps,
  type SendCase,
  type SendFixture,
  type SendOutcome,
} from './adapter-fixture.ts';
import { Gone, type Outbound, Rejected, RetryAfter } from './channel-adapter.ts';
import { type OpenedChannel, openOnScript, type PlatformScript } from './scripted-platform.ts';

/** What holds of `send`: the platform's answers are told apart, and a later attempt repeats nothing. */
export function sendClaims<S>(fixture: AdapterFixture<S>, sends: SendFixture, gaps: Gaps): Claim[] {
  const cases = sends.cases.map((one) => ({
    name: `send: ${one.name}`,
    run: async () => {
      const channel = openOnScript(fixture.adapter, { ...fixture, script: one.answers });
      assertOutcome(await outcomeOf(fixture, channel, outbound(sends, one)), one.expected);
    },
  }));
  return [...cases, outcomesAreShown(sends, gaps), ...deliveryClaims(fixture, sends)];
}

function outcomesAreShown(sends: SendFixture, gaps: Gaps): Claim {
  return {
    name: 'every kind of outcome that the platform knows is shown',
    run: () => {
      for (const kind of ['rejected', 'retry-after', 'gone', 'unknown'] as const) {
        const isShown = sends.cases.some(({ expected }) => expected.kind === kind);
        assert.notEqual(isShown, gaps.has(`never-${kind}`), `${kind}: show a case, or name the gap never-${kind}.`);
      }
    },
  };
}

function deliveryClaims<S>(fixture: AdapterFixture<S>, sends: SendFixture): Claim[] {
  const parts: Content[] = ['One', 'Two', 'Three'].map((text) => ({ type: 'text', text }));
  const open = (script: PlatformScript) => openOnScript(fixture.adapter, { ...fixture, script });
  return [
    {
      name: 'a send that surely did not leave is tried again later',
      run: async () => {
        const outcome = await outcomeOf(fixture, open([{ fails: 'not-sent' }]), outbound(sends, {}));
        assert.equal(outcome.kind, 'retry-after');
      },
    },
    {
      name: 'each part is told as sent in its turn, and a later attempt begins behind them',
      run: async () => {
        const told: number[] = [];
        const partSent = async (index: number) => void told.push(index);
        assert.equal(
          (await outcomeOf(fixture, open(sends.accepts), { ...outbound(sends, { parts }), partSent })).kind,
          'sent',
        );
        assert.deepEqual(told, [0, 1, 2]);
        told.length = 0;
        const later = { ...outbound(sends, { parts, attempt: 2 }), partSent, fromPart: 2 };
        const channel = open(sends.accepts);
        assert.equal((await outcomeOf(fixture, channel, later)).kind, 'sent');
        assert.deepEqual(told, [2]);
        for (const { body } of channel.requests) assert.doesNotMatch(body, /One|Two/);
      },
    },
    {
      name: 'a send that was called off does not report success',
      run: async () => {
        const outcome = await outcomeOf(fixture, open(sends.accepts), outbound(sends, {}), AbortSignal.abort());
        assert.notEqual(outcome.kind, 'sent');
      },
    },
    ...(fixture.adapter.capabilities.idempotentSend ? [idempotencyClaim(fixture, sends)] : []),
  ];
}

function idempotencyClaim<S>(fixture: AdapterFixture<S>, sends: SendFixture): Claim {
  return {
    name: 'every attempt carries the idempotency key, as its capabilities promise',
    run: async () => {
      for (const attempt of [1, 2]) {
        const channel = openOnScript(fixture.adapter, { ...fixture, script: sends.accepts });
        const message = outbound(sends, { attempt });
        await outcomeOf(fixture, channel, message);
        const carries = channel.requests.some((request) => JSON.stringify(request).includes(message.idempotencyKey));
        assert.ok(carries, `Attempt ${attempt} carries no key.`);
      }
    },
  };
}

function outbound(sends: SendFixture, { parts, attempt = 1 }: Pick<SendCase, 'parts' | 'attempt'>): Outbound {
  const content: Content = { type: 'text', text: 'Hello' };
  return {
    to: sends.to ?? { contactExternalId: 'contact-1', conversationId: 'conversation1' },
    message: outgoingMessage(parts?.[0] ?? content),
    parts: parts ?? [content],
    fromPart: 0,
    partSent: async () => {},
    idempotencyKey: 'idempotency-key-1',
    attempt,
  };
}

function outgoingMessage(content: Content): Message {
  return {
    id: 'message-1',
    conversationId: 'conversation1',
    seq: 7,
    direction: 'out',
    sender: { type: 'agent', id: 'agent-1', name: 'Ann' },
    content,
    private: false,
    state: 'queued',
    createdAt: 1_767_323_045_678,
  };
}

async function outcomeOf<S>(
  fixture: AdapterFixture<S>,
  { instance }: OpenedChannel,
  message: Outbound,
  signal: AbortSignal = new AbortController().signal,
): Promise<SendOutcome> {
  assert.ok(instance.send !== undefined, 'It has sends, and no send().');
  try {
    return { kind: 'sent', ...(await instance.send(message, signal)) };
  } catch (error) {
    assertKeepsSecrets(fixture, String(error));
    return failureOutcome(error);
  }
}

function failureOutcome(error: unknown): SendOutcome {
  if (error instanceof Rejected) {
    return { kind: 'rejected', ...(error.platformCode !== undefined && { platformCode: error.platformCode }) };
  }
  if (error instanceof RetryAfter) {
    return { kind: 'retry-after', ...(error.afterMs !== undefined && { afterMs: error.afterMs }) };
  }
  if (error instanceof Gone) return { kind: 'gone', what: error.what };
  // A failed assertion or a missing answer is the test's own, not the platform's.
  if (error instanceof assert.AssertionError || String(error).includes('script has no answer')) throw error;
  return { kind: 'unknown' };
}

/** What the case leaves out may be anything. */
function assertOutcome(actual: SendOutcome, expected: SendOutcome): void {
  assert.deepEqual({ ...actual, ...expected }, actual);
}
