import type { Socket } from 'node:net';
import { cpuMs } from './process-usage.ts';
import { type Latency, latencyOf } from './statistics.ts';
import { textFrame } from './websocket-frames.ts';

/** Messages that may be on their way at any time; a power of two. */
const maxUnderway = 1 << 20;
/** Messages of one run. */
const maxMessages = 1 << 24;
/** Latencies kept of one window. */
const maxSamples = 1 << 21;
/** At saturation every fourth message is timed: it changes no percentile and saves the client's CPU for sending. */
const sampleAtSaturation = 4;
const drainWithinMs = 20_000;

/** What one measured window gave. */
export interface Window extends Latency {
  readonly perSecond: number;
  /** CPU time of the server's and the client's process for each message delivered, in microseconds. */
  readonly serverCpuUs: number;
  readonly clientCpuUs: number;
}

/** How many messages went where; `missing` and `twice` are as the receiving sockets saw it. */
export interface Tally {
  readonly sent: number;
  readonly answered: number;
  readonly refused: number;
  readonly missing: number;
  readonly twice: number;
}

/**
 * Sends messages from many sockets and knows when each was due and when it arrived. Whoever reads the sockets tells
 * it what came: `answered` on the socket that sent, `received` where the message was to go.
 */
export interface MessageLoad {
  addSender(socket: Socket): number;
  answered(sender: number, isRefusal: boolean): void;
  /** @param n the message's number, 1, 2, 3 … */
  received(n: number): void;
  /** One message of each sender, then silence: what the first message of a conversation costs is not measured. */
  greet(): Promise<void>;
  /** As fast as it goes, with `window` unanswered messages of each sender. */
  saturate(options: { window: number; warmMs: number; measureMs: number }): Promise<Window>;
  /**
   * At a fixed rate, whatever comes back. Latency counts from the moment when a message was due, so a stall is charged
   * to every message that it held up.
   */
  atRate(options: { perSecond: number; warmMs: number; measureMs: number }): Promise<Window>;
  tally(): Tally;
}

/** Starts every client id of this run; ids that begin with the time reach an index at its end, as those of the SDK. */
const clientIdStart = Date.now().toString(36).padStart(9, '0');
const digits = 9;
const clientIdKey = Buffer.from('"clientId":"');

/** The number of the message in a frame of ours, wherever it was copied to; 0 when there is none. */
export function messageNumber(bytes: Buffer, start: number, end: number): number {
  const at = bytes.indexOf(clientIdKey, start);
  if (at < 0 || at >= end) return 0;
  return readDigits(bytes, at + clientIdKey.length + clientIdStart.length, digits);
}

/** Reads up to `count` decimal digits. */
export function readDigits(bytes: Buffer, at: number, count: number): number {
  let value = 0;
  for (let i = at; i < at + count; i++) {
    const digit = (bytes[i] ?? 0) - 0x30;
    if (digit < 0 || digit > 9) break;
    value = value * 10 + digit;
  }
  return value;
}

function frameOf(n: number): Buffer {
  const number = String(n).padStart(digits, '0');
  return textFrame(
    `{"id":"${number}","type":"message.send","data":{"clientId":"${clientIdStart}${number}","content":{"type":"text","text":"Hello, where is my order ${number}? I am waiting since Monday."}}}`,
  );
}

/** @param serverPids whose CPU time, together, is charged to the messages */
export function createMessageLoad(...serverPids: readonly number[]): MessageLoad {
  const serverCpuMs = () => serverPids.reduce((sum, pid) => sum + cpuMs(pid), 0);
  const senders: Socket[] = [];
  const outgoing: Buffer[][] = [];
  const withOutgoing: number[] = [];
  const dueAt = new Float64Array(maxUnderway);
  const times = new Uint8Array(maxMessages);
  const samples = new Float64Array(maxSamples);
  const count = { sent: 0, answered: 0, refused: 0, received: 0, twice: 0, samples: 0 };
  let sampleEvery = 0;
  let measuredFrom = Number.POSITIVE_INFINITY;
  let isSaturating = false;

  function send(sender: number, due: number): void {
    count.sent += 1;
    if (count.sent >= maxMessages) throw new Error(`More than ${maxMessages} messages in one run.`);
    dueAt[count.sent % maxUnderway] = due;
    const frames = outgoing[sender] ?? [];
    if (frames.length === 0) {
      if (withOutgoing.length === 0) setImmediate(flush);
      withOutgoing.push(sender);
    }
    frames.push(frameOf(count.sent));
  }

  /** One write for each socket and turn of the event loop. */
  function flush(): void {
    for (const sender of withOutgoing.splice(0)) {
      const frames = outgoing[sender] ?? [];
      senders[sender]?.write(frames.length === 1 ? (frames[0] ?? '') : Buffer.concat(frames));
      outgoing[sender] = [];
    }
  }

  async function drain(): Promise<void> {
    const until = performance.now() + drainWithinMs;
    while (count.answered < count.sent || count.received < count.sent - firstSeen) {
      if (performance.now() > until) {
        throw new Error(
          `${count.sent} messages sent, ${count.answered} answered, ${count.received} received: gave up.`,
        );
      }
      await pause(5);
    }
  }

  /** Messages sent before the receivers were there: a conversation's first may come before its agent. */
  let firstSeen = 0;

  async function measure(measureMs: number, every: number): Promise<() => Window> {
    const start = {
      at: performance.now(),
      received: count.received,
      server: serverCpuMs(),
      client: process.cpuUsage(),
    };
    count.samples = 0;
    measuredFrom = start.at;
    sampleEvery = every;
    await pause(measureMs);
    const elapsedMs = performance.now() - start.at;
    const received = count.received - start.received;
    const server = serverCpuMs() - start.server;
    const client = process.cpuUsage(start.client);
    return () => {
      sampleEvery = 0;
      return {
        perSecond: received / (elapsedMs / 1_000),
        serverCpuUs: (server * 1_000) / received,
        clientCpuUs: (client.user + client.system) / received,
        ...latencyOf(samples.subarray(0, count.samples)),
      };
    };
  }

  return {
    addSender: (socket) => {
      outgoing.push([]);
      return senders.push(socket) - 1;
    },
    answered: (sender, isRefusal) => {
      count.answered += 1;
      if (isRefusal) count.refused += 1;
      if (isSaturating) send(sender, performance.now());
    },
    received: (n) => {
      if (times[n] === 1) count.twice += 1;
      times[n] = 1;
      if (n <= firstSeen) return;
      count.received += 1;
      if (sampleEvery === 0 || n % sampleEvery !== 0 || count.samples === maxSamples) return;
      const due = dueAt[n % maxUnderway] ?? 0;
      if (due < measuredFrom) return;
      samples[count.samples] = performance.now() - due;
      count.samples += 1;
    },
    greet: async () => {
      firstSeen = senders.length;
      for (const sender of senders.keys()) send(sender, performance.now());
      await drain();
      count.received = 0;
    },
    saturate: async ({ window, warmMs, measureMs }) => {
      isSaturating = true;
      for (const sender of senders.keys()) for (let i = 0; i < window; i++) send(sender, performance.now());
      await pause(warmMs);
      const result = await measure(measureMs, sampleAtSaturation);
      isSaturating = false;
      const measured = result();
      await drain();
      return measured;
    },
    atRate: async ({ perSecond, warmMs, measureMs }) => {
      const sending = sendAtRate(perSecond, warmMs + measureMs, (k, due) => send(k % senders.length, due));
      await pause(warmMs);
      const result = await measure(measureMs, 1);
      await sending;
      await drain();
      return result();
    },
    tally: () => {
      let missing = 0;
      for (let n = firstSeen + 1; n <= count.sent; n++) if (times[n] === 0) missing += 1;
      return { sent: count.sent, answered: count.answered, refused: count.refused, missing, twice: count.twice };
    },
  };
}

/** Timers of Node are exact to about a millisecond: what is due since the last turn goes at once, with its own due time. */
async function sendAtRate(
  perSecond: number,
  durationMs: number,
  send: (k: number, due: number) => void,
): Promise<void> {
  const startedAt = performance.now();
  const total = Math.floor((durationMs / 1_000) * perSecond);
  for (let k = 0; k < total; ) {
    const due = Math.min(total, Math.floor(((performance.now() - startedAt) / 1_000) * perSecond));
    for (; k < due; k++) send(k, startedAt + (k * 1_000) / perSecond);
    await pause(1);
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
