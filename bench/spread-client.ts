import type { Socket } from 'node:net';
import { seeded } from '../server/base/seeded.ts';
import { signIn } from './parley-api.ts';
import { cpuMs } from './process-usage.ts';
import { openWebSocket } from './raw-socket.ts';
import type { Account } from './server-process.ts';
import { type Latency, latencyOf } from './statistics.ts';
import { textFrame } from './websocket-frames.ts';
import { answerCommands } from './worker-process.ts';

/** Agents who write into many conversations, each time into another one, in a process of its own. */
export type SpreadCommands = typeof commands;

export interface SpreadWindow extends Latency {
  /** Messages a second that were answered: committed and synced. */
  readonly perSecond: number;
  readonly answered: number;
  readonly refused: number;
  /** CPU of each part for a message, in microseconds. */
  readonly cpuUs: Readonly<Record<string, number>>;
}

const maxSamples = 1 << 20;
const letterI = 'i'.charCodeAt(0);
const letterA = 'a'.charCodeAt(0);
/** Begins every client id of this run, with the time, as those of the SDK. */
const runId = Date.now().toString(36).padStart(9, '0');

let sockets: Socket[] = [];
let answer: (refused: boolean, agent: number) => void = () => undefined;
let pids: Readonly<Record<string, readonly number[]>> = {};
let sent = 0;

const commands = {
  open: async (target: {
    port: number;
    accounts: readonly Account[];
    /** Whose CPU time counts, by the name of the part. */
    pids: Readonly<Record<string, readonly number[]>>;
  }) => {
    pids = target.pids;
    sockets = await Promise.all(
      target.accounts.map(async (account, agent) =>
        openWebSocket(
          { port: target.port, path: '/ws/agent', token: await signIn(target.port, account) },
          (bytes, start) => {
            // {"id":"000000001","type":"ack", … or "error"; everything else begins with its type.
            if (bytes[start + 2] === letterI) answer(bytes[start + 26] !== letterA, agent);
          },
        ),
      ),
    );
  },
  /** As fast as it goes, with `window` unanswered messages of each agent. */
  saturate: async (load: {
    conversations: Int32Array;
    window: number;
    warmMs: number;
    measureMs: number;
  }): Promise<SpreadWindow> => {
    const next = inTurn(load.conversations);
    const dueAt = sockets.map((): number[] => []);
    const samples = new Float64Array(maxSamples);
    const count = { answered: 0, refused: 0, underway: 0, samples: 0 };
    let isSending = true;
    const send = (agent: number) => {
      sent += 1;
      count.underway += 1;
      dueAt[agent]?.push(performance.now());
      const number = String(sent).padStart(9, '0');
      sockets[agent]?.write(
        textFrame(
          `{"id":"${number}","type":"message.send","data":{"conversationId":"${next()}","clientId":"${runId}${number}","content":{"type":"text","text":"Your order ${number} left our house on Monday. It will be with you on Friday."}}}`,
        ),
      );
    };
    answer = (isRefusal, agent) => {
      count.underway -= 1;
      count.answered += 1;
      if (isRefusal) count.refused += 1;
      // Answers of one agent do not come in order; of many the mean is right, and so are the percentiles nearly.
      const due = dueAt[agent]?.shift() ?? 0;
      if (count.samples < maxSamples) samples[count.samples++] = performance.now() - due;
      if (isSending) send(agent);
    };
    for (const agent of sockets.keys()) for (let i = 0; i < load.window; i++) send(agent);
    await pause(load.warmMs);
    const start = { at: performance.now(), answered: count.answered, refused: count.refused, cpu: cpuOf() };
    count.samples = 0;
    await pause(load.measureMs);
    const seconds = (performance.now() - start.at) / 1_000;
    const answered = count.answered - start.answered;
    const cpu = cpuOf();
    const latency = latencyOf(samples.subarray(0, count.samples));
    isSending = false;
    while (count.underway > 0) await pause(5);
    return {
      ...latency,
      perSecond: answered / seconds,
      answered: count.answered,
      refused: count.refused,
      cpuUs: Object.fromEntries(
        Object.entries(cpu).map(([part, ms]) => [part, ((ms - (start.cpu[part] ?? 0)) * 1_000) / answered]),
      ),
    };
  },
  /** CPU of each part while nothing is asked of them, in milliseconds a second. */
  idle: async (forMs: number): Promise<Record<string, number>> => {
    const before = cpuOf();
    await pause(forMs);
    const after = cpuOf();
    return Object.fromEntries(
      Object.entries(after).map(([part, ms]) => [part, ((ms - (before[part] ?? 0)) * 1_000) / forMs]),
    );
  },
};

function cpuOf(): Record<string, number> {
  return Object.fromEntries(
    Object.entries(pids).map(([part, some]) => [part, some.reduce((sum, pid) => sum + cpuMs(pid), 0)]),
  );
}

/** One conversation after the other, in an order of its own each time through. */
function inTurn(conversations: Int32Array): () => number {
  const random = seeded(Date.now() % 1_000_000);
  const order = Int32Array.from(conversations);
  let at = order.length;
  return () => {
    if (at === order.length) {
      for (let i = order.length - 1; i > 0; i--) {
        const j = Math.floor(random() * (i + 1));
        const swapped = order[i] as number;
        order[i] = order[j] as number;
        order[j] = swapped;
      }
      at = 0;
    }
    at += 1;
    return order[at - 1] as number;
  };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

answerCommands(commands);
