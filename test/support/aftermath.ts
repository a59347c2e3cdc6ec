import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Conversation } from '@parley/sdk/protocol.ts';
import type { ClusterNode } from '../../server/testing/cluster.ts';
import { allConversations, allMessages, call, must } from './clients.ts';
import type { Entry, Ledger } from './ledger.ts';

const everybody: readonly Entry['by'][] = ['visitor', 'agent', 'webhook'];

/** Until every kind of sender, or these, have an answer to something that they began from now on. */
export async function untilServing(ledger: Ledger, kinds = everybody): Promise<void> {
  const begun = ledger.entries.length;
  const served = () => {
    const by = new Set(
      ledger.entries.slice(begun).flatMap((entry) => (entry.acknowledged === undefined ? [] : entry.by)),
    );
    return kinds.every((kind) => by.has(kind));
  };
  for (const deadline = Date.now() + 60_000; !served() && ledger.surprises.length === 0; await sleep(10)) {
    assert.ok(Date.now() < deadline, 'nothing was answered for a minute');
  }
}

/**
 * Reads every conversation: each message of the ledger was acknowledged and is there once, where its acknowledgement
 * said, nothing else is there, and every timeline is 1, 2, 3 … without a gap.
 */
export async function everythingIsThereOnce(
  server: { readonly url: string },
  token: string,
  ledger: Ledger,
): Promise<void> {
  const places = new Map<string, string[]>();
  for (const { id } of await allConversations(server, token)) {
    const { messages, lastSeq } = await readWhole(server, token, id);
    assert.deepEqual(
      messages.map(({ seq }) => seq),
      Array.from(messages, (_, index) => index + 1),
      `the timeline of ${id} has gaps`,
    );
    assert.equal(lastSeq, messages.length);
    for (const { content, seq } of messages) {
      if (content.type === 'text') places.set(content.text, [...(places.get(content.text) ?? []), `${id}/${seq}`]);
    }
  }
  for (const { key, text, acknowledged } of ledger.entries) {
    const at = places.get(text) ?? [];
    assert.ok(acknowledged, `${key} was never acknowledged`);
    assert.equal(at.length, 1, `${key} is there ${at.length} times: ${at.join(', ')}`);
    if (acknowledged.seq !== undefined) assert.equal(at[0], `${acknowledged.conversationId}/${acknowledged.seq}`);
  }
  assert.equal(places.size, ledger.entries.length);
}

const mostReadings = 10;

/** A conversation's messages and what it says of them itself: read again where one came between the two answers. */
async function readWhole(server: { readonly url: string }, token: string, id: string) {
  for (let reading = 1; ; reading++) {
    const { lastSeq } = await must(call<Conversation>(server, `GET /api/v1/conversations/${id}`, { token }));
    const messages = await allMessages(server, token, id);
    if (messages.length <= lastSeq || reading === mostReadings) return { messages, lastSeq };
  }
}

/** One value of a process's metrics; `name` with its labels, as Prometheus prints it. */
export async function metricOf(node: Pick<ClusterNode, 'url'>, name: string): Promise<number> {
  const { body } = await call<string>(node, 'GET /metrics');
  const line = body.split('\n').find((each) => each.startsWith(`${name} `));
  if (line === undefined) throw new Error(`There is no metric ${name}.`);
  return Number(line.slice(name.length + 1));
}

/** The gauge is sampled once a second: only what is empty for longer is empty. */
const sampledWithinMs = 1_200;

/** Until nothing waits between gateway and processor, as a process that works on it says. */
export async function queueIsEmpty(worker: Pick<ClusterNode, 'url'> | undefined): Promise<void> {
  assert.ok(worker, 'no process works on the queue');
  const deadline = Date.now() + 60_000;
  for (let since = Date.now(); Date.now() - since < sampledWithinMs; await sleep(100)) {
    if ((await metricOf(worker, 'parley_jobs_ready')) > 0) since = Date.now();
    assert.ok(Date.now() < deadline, 'the queue does not become empty');
  }
}

/** How many conversations were taken from agents because they seemed to be gone. */
export async function takenFromTheGone(server: { readonly url: string }, token: string): Promise<number> {
  let taken = 0;
  for (const { id } of await allConversations(server, token)) {
    for (const { content } of await allMessages(server, token, id)) {
      if (content.type === 'system' && content.event === 'conversation.agent-gone') taken += 1;
    }
  }
  return taken;
}
