import type { Socket } from 'node:net';
import { createMessageLoad, type MessageLoad, messageNumber, readDigits } from './message-load.ts';
import { makeVisitors, parleyApi, signIn } from './parley-api.ts';
import { openWebSocket } from './raw-socket.ts';
import type { Account } from './server-process.ts';
import { createTimelineCheck } from './timeline-check.ts';
import { textFrame } from './websocket-frames.ts';
import { answerCommands } from './worker-process.ts';

/** The load client of one chat server, in a process of its own: visitors who write and agents who read. */
export type ChatCommands = typeof commands;

/** The server closes sockets that are silent for long; agents here only read. */
const heartbeatMs = 15_000;
const letterI = 'i'.charCodeAt(0);
const letterA = 'a'.charCodeAt(0);
const letterR = 'r'.charCodeAt(0);
const conversationIdKey = Buffer.from('"conversationId":"');
const seqKey = Buffer.from('"seq":');

let load: MessageLoad | undefined;
const timelines = createTimelineCheck();
const sockets: Socket[] = [];
const agents: Socket[] = [];
const replies = { sent: 0, answered: 0, refused: 0 };

const commands = {
  openParley: async (target: {
    port: number;
    /** Whose CPU time counts. */
    pids: readonly number[];
    account: Account;
    visitors: number;
    agents: number;
  }) => {
    load = createMessageLoad(...target.pids);
    const adminToken = await signIn(target.port, target.account);
    for (let i = 0; i < target.agents; i++) await openAgent(target.port, adminToken, i, load);
    const tokens = await makeVisitors(target.port, adminToken, target.visitors);
    for (const token of tokens) await openVisitor(target.port, token, load);
    await load.greet();
    await untilAllAssigned(target.port, adminToken);
  },
  openEcho: async (target: { port: number; pid: number; visitors: number }) => {
    load = createMessageLoad(target.pid);
    for (let i = 0; i < target.visitors; i++) await openEchoed(target.port, load);
    await load.greet();
  },
  saturate: async (options: Parameters<MessageLoad['saturate']>[0]) => opened().saturate(options),
  atRate: async (options: Parameters<MessageLoad['atRate']>[0]) => opened().atRate(options),
  tally: async () => ({ ...opened().tally(), jumps: timelines.jumps(), latest: timelines.latest() }),
  /** Bytes on the wire of all sockets, either way, without what TCP adds. */
  wireBytes: async () => sockets.reduce((sum, socket) => sum + socket.bytesRead + socket.bytesWritten, 0),
  /** The agents answer, in turn, some at a time; resolves when all are acknowledged. */
  reply: async (to: { conversationIds: readonly string[]; count: number; underway: number }) => {
    const [before, run] = [replies.answered, replies.sent];
    for (let i = 0; i < to.count; i++) {
      while (i - (replies.answered - before) >= to.underway) await pause(1);
      replies.sent += 1;
      const conversationId = to.conversationIds[i % to.conversationIds.length] ?? '';
      const data = { conversationId, clientId: clientIdOf(run + i), content: { type: 'text', text: replyText } };
      agents[i % agents.length]?.write(textFrame(JSON.stringify({ id: `r${run + i}`, type: 'message.send', data })));
    }
    while (replies.answered - before < to.count) await pause(1);
    if (replies.refused > 0) throw new Error(`${replies.refused} of ${replies.sent} replies were refused.`);
  },
};

const replyText = 'It left our warehouse this morning and will be with you tomorrow before noon.';
const clientIdOf = (n: number) => `${Date.now().toString(36).padStart(9, '0')}reply${n}`;
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

function opened(): MessageLoad {
  if (load === undefined) throw new Error('Nothing is open.');
  return load;
}

async function openAgent(port: number, adminToken: string, index: number, into: MessageLoad): Promise<void> {
  const account = { email: `agent-${index}@example.com`, password: 'benchmark-only' };
  await parleyApi(port, adminToken).post('/api/v1/agents', { ...account, name: `Agent ${index}`, capacity: 10_000 });
  const token = await signIn(port, account);
  const socket = await openWebSocket({ port, path: '/ws/agent', token }, (bytes, start, end) => {
    // {"id":"r17","type":"ack", …
    if (bytes[start + 2] === letterI && bytes[start + 7] === letterR) {
      replies.answered += 1;
      if (!bytes.toString('latin1', start, start + 60).includes('"ack"')) replies.refused += 1;
      return;
    }
    // {"type":"event","event":"message.created", …
    if (end - start < 40 || bytes.toString('latin1', start + 25, start + 40) !== 'message.created') return;
    seeTimeline(bytes, start);
    const n = messageNumber(bytes, start, end);
    if (n > 0) into.received(n);
  });
  socket.write(textFrame('{"id":"1","type":"presence","data":{"status":"online"}}'));
  socket.write(textFrame('{"id":"2","type":"watch","data":{"view":"mine"}}'));
  sockets.push(socket);
  agents.push(socket);
  setInterval(() => socket.write(textFrame('{"id":"3","type":"heartbeat","data":{"have":{}}}')), heartbeatMs);
}

/** From here on an agent's socket follows every conversation. */
async function untilAllAssigned(port: number, adminToken: string): Promise<void> {
  const api = parleyApi(port, adminToken);
  for (;;) {
    const { queue } = await api.get<{ queue: number }>('/api/v1/conversations/counts');
    if (queue === 0) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function seeTimeline(bytes: Buffer, start: number): void {
  const idStart = bytes.indexOf(conversationIdKey, start) + conversationIdKey.length;
  const idEnd = bytes.indexOf('"', idStart);
  const seqStart = bytes.indexOf(seqKey, idEnd) + seqKey.length;
  timelines.see(bytes.toString('latin1', idStart, idEnd), readDigits(bytes, seqStart, 9));
}

async function openVisitor(port: number, token: string, into: MessageLoad): Promise<void> {
  let sender = -1;
  const socket = await openWebSocket({ port, path: '/ws/visitor', token }, (bytes, start) => {
    // {"id":"000000001","type":"ack", … or "error"; everything else begins with its type.
    if (bytes[start + 2] === letterI) into.answered(sender, bytes[start + 26] !== letterA);
  });
  sender = into.addSender(socket);
  sockets.push(socket);
}

/** An echo is answer and delivery in one. */
async function openEchoed(port: number, into: MessageLoad): Promise<void> {
  let sender = -1;
  const socket = await openWebSocket({ port, path: '/', token: 'none' }, (bytes, start, end) => {
    const n = messageNumber(bytes, start, end);
    if (n === 0) return;
    into.received(n);
    into.answered(sender, false);
  });
  sender = into.addSender(socket);
}

answerCommands(commands);
