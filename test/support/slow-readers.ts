import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Acks } from '@parley/sdk/protocol.ts';
import { everythingIsThereOnce, metricOf } from './aftermath.ts';
import { beginVisit, FrameSocket, signIn, text, webChannelOf } from './clients.ts';
import { type Entry, Ledger } from './ledger.ts';
import { watchMemory } from './memory.ts';
import { type ServerProcess, startServer } from './server-process.ts';

/** What a run with readers that do not read has shown. */
export interface SlowReadersOutcome {
  /** Of those that did not read. */
  readonly cutOff: number;
  readonly othersCutOff: number;
  readonly acknowledged: number;
  /** How long the others waited for their acknowledgements while it went on. */
  readonly medianMs: number;
  readonly longestMs: number;
  readonly firstMiB: number;
  readonly peakMiB: number;
  /** From when they read on until all are closed, and those that came back have every message. */
  readonly wholeAgainMs: number;
}

const openedAtOnce = 50;
const healthyReaders = 50;
const visitors = 20;
/** One in so many of those that were cut off opens its window again: each asks for all that was said. */
const comesBackEvery = 10;
/** Three bytes a sign: a message of 45 KB. */
const padding = '慢'.repeat(15_000);
const mostMessages = 200;
const withinMs = 120_000;

/**
 * A program of its own, run in a network whose sockets have small buffers: argument: how many windows do not read. It
 * prints a `SlowReadersOutcome`, or ends with the error.
 */
async function main(slowReaders: number): Promise<SlowReadersOutcome> {
  const dataDir = await mkdtemp(join(tmpdir(), 'parley-test-'));
  const server = await startServer({ dataDir });
  try {
    return await run(server, slowReaders);
  } finally {
    await server.kill();
    await rm(dataDir, { recursive: true, force: true });
  }
}

async function run(server: ServerProcess, slowReaders: number): Promise<SlowReadersOutcome> {
  const { token } = await signIn(server);
  const channelId = await webChannelOf(server, token);
  const ledger = new Ledger();
  const talker = await openVisitor(server, channelId);
  const { conversationId } = await say(ledger, talker);
  const slow = await openReaders(server, token, slowReaders, conversationId);
  const healthy = await openReaders(server, token, healthyReaders, conversationId);
  const others = await Promise.all(Array.from({ length: visitors }, () => openVisitor(server, channelId)));

  using memory = watchMemory([server.pid]);
  for (const { raw } of slow) raw.pause();
  const talk = startTalk(ledger, others);
  let lastSeq = 0;
  const cutOff = () => metricOf(server, 'parley_slow_consumers_dropped_total');
  for (let told = 0; told < mostMessages && (await cutOff()) < slowReaders; told++) {
    lastSeq = (await say(ledger, talker, padding)).seq;
    const hasIt = (reader: FrameSocket) => seqOf(reader) >= lastSeq;
    await until(() => healthy.every(hasIt), 'a healthy reader lacks something');
  }
  const waits = await talk.end();
  const dropped = await cutOff();
  const peakMiB = memory.peakMiB;

  const from = performance.now();
  for (const { raw } of slow) raw.resume();
  await Promise.all(slow.map(({ closed }) => closed));
  await openReaders(server, token, slowReaders / comesBackEvery, conversationId, lastSeq);
  const wholeAgainMs = performance.now() - from;
  await everythingIsThereOnce(server, token, ledger);
  return {
    cutOff: dropped,
    othersCutOff: [...healthy, ...others].filter(({ raw }) => raw.readyState !== raw.OPEN).length,
    acknowledged: ledger.acknowledged().length,
    medianMs: waits[Math.floor(waits.length / 2)] as number,
    longestMs: waits.at(-1) as number,
    firstMiB: memory.firstMiB,
    peakMiB,
    wholeAgainMs,
  };
}

async function openVisitor(server: ServerProcess, channelId: string): Promise<FrameSocket> {
  const { visitorToken } = await beginVisit(server, channelId);
  return FrameSocket.open(server, { role: 'visitor', token: visitorToken });
}

/** Windows of agents that follow the conversation, and have all of it up to the given entry. */
async function openReaders(
  server: ServerProcess,
  token: string,
  count: number,
  conversationId: string,
  upTo = 0,
): Promise<FrameSocket[]> {
  const readers: FrameSocket[] = [];
  const open = async () => {
    const socket = await FrameSocket.open(server, { role: 'agent', token });
    assert.ok(socket.hello, 'a window was refused');
    for (let after = 0, more = true; more; ) {
      const answer: Acks['sync'] = await socket.request('sync', { conversationId, after, epoch: socket.hello.epoch });
      assert.deepEqual(
        answer.messages.map(({ seq }) => seq),
        answer.messages.map((_, index) => after + 1 + index),
        'a window misses something',
      );
      after = answer.position.seq;
      more = answer.more;
      assert.ok(more || after >= upTo, `a window has only ${after} of ${upTo}`);
    }
    readers.push(socket);
  };
  while (readers.length < count) {
    await Promise.all(Array.from({ length: Math.min(openedAtOnce, count - readers.length) }, open));
  }
  return readers;
}

async function say(ledger: Ledger, socket: FrameSocket, more = '') {
  const entry = ledger.open('visitor', more);
  await ledger.attempt(entry, () => send(socket, entry));
  const { conversationId, seq } = entry.acknowledged ?? {};
  assert.ok(conversationId !== undefined && seq !== undefined, 'the socket of a visitor was closed');
  return { conversationId, seq };
}

async function send(socket: FrameSocket, entry: Entry) {
  const { message } = await socket.request('message.send', { clientId: entry.key, content: text(entry.text) });
  return { at: Date.now(), conversationId: message.conversationId, seq: message.seq };
}

/** Everybody says one thing after the other. `end` answers how long each answer took, sorted, in milliseconds. */
function startTalk(ledger: Ledger, sockets: readonly FrameSocket[]) {
  let ended = false;
  const waits: number[] = [];
  const talking = sockets.map(async (socket) => {
    while (!ended) {
      const begun = performance.now();
      await say(ledger, socket);
      waits.push(performance.now() - begun);
      await sleep(50);
    }
  });
  return {
    end: async () => {
      ended = true;
      await Promise.all(talking);
      return waits.sort((a, b) => a - b);
    },
  };
}

/** The last entry that a window was told of. */
function seqOf({ others }: FrameSocket): number {
  const told = others.findLast((frame) => 'event' in frame && frame.event === 'message.created');
  return (told?.data as { message: { seq: number } } | undefined)?.message.seq ?? 0;
}

async function until(holds: () => boolean, otherwise: string): Promise<void> {
  for (const deadline = Date.now() + withinMs; !holds(); await sleep(20)) assert.ok(Date.now() < deadline, otherwise);
}

if (import.meta.main)
  process.stdout.write(`${JSON.stringify(await main(Number(process.argv[2])))}\n`, () => process.exit());
