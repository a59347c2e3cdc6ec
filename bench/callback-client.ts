import { readKey, signWebhook } from '../server/channels/webhook/signature.ts';
import { sealCallback } from '../server/channels/wechat-official/wechat-fixture.ts';
import { postAll } from './http-load.ts';
import { cpuMs } from './process-usage.ts';
import { openTcp } from './raw-socket.ts';
import { secret } from './references/hmac.ts';
import { wechatAccount } from './wechat-account.ts';
import { answerCommands } from './worker-process.ts';

/** The load client of a callback receiver, in a process of its own: a platform that posts as fast as it is answered. */
export type CallbackCommands = typeof commands;

export type CallbackKind = 'webhook' | 'wechat';
export interface CallbackRun {
  readonly kind: CallbackKind;
  readonly port: number;
  readonly pid: number;
  readonly path: string;
  readonly count: number;
  readonly contacts: number;
  readonly connections: number;
  /** After this time no further request is sent, so that a slow machine does not hold up the run. */
  readonly withinMs: number;
}
export interface CallbackResult {
  /** Answers with status 200 a second. */
  readonly perSecond: number;
  readonly serverCpuUs: number;
  readonly clientCpuUs: number;
  readonly answered: number;
  /** On the wire, requests and answers, without what TCP adds. */
  readonly wireBytes: number;
  readonly startedAt: number;
  /** Answers by status. */
  readonly statuses: Readonly<Record<number, number>>;
}

/** Numbers every callback of this process: no external id comes twice. */
let callbacksMade = 0;
const runId = Date.now();

const commands = {
  /** Signs or encrypts all requests, then starts the clock, then sends; one request at a time on each connection. */
  post: async (run: CallbackRun): Promise<CallbackResult> => {
    const requests = Array.from({ length: run.count }, () => requestOf(run));
    const sockets = await Promise.all(Array.from({ length: run.connections }, () => openTcp(run.port)));
    const start = { at: performance.now(), epochMs: Date.now(), server: cpuMs(run.pid), client: process.cpuUsage() };
    const statuses = await postAll(sockets, requests, start.at + run.withinMs);
    const answered = Object.values(statuses).reduce((sum, count) => sum + count, 0);
    const elapsedMs = performance.now() - start.at;
    const client = process.cpuUsage(start.client);
    const server = cpuMs(run.pid) - start.server;
    const wireBytes = sockets.reduce((sum, socket) => sum + socket.bytesRead + socket.bytesWritten, 0);
    for (const socket of sockets) socket.destroy();
    return {
      perSecond: (statuses[200] ?? 0) / (elapsedMs / 1_000),
      serverCpuUs: (server * 1_000) / answered,
      clientCpuUs: (client.user + client.system) / answered,
      answered,
      wireBytes,
      startedAt: start.epochMs,
      statuses,
    };
  },
};

function requestOf(run: CallbackRun): Buffer {
  callbacksMade += 1;
  const contact = callbacksMade % run.contacts;
  const { query, headers, body } = run.kind === 'webhook' ? webhookRequest(contact) : wechatRequest(contact);
  const head = [
    `POST ${run.path}${query} HTTP/1.1`,
    `Host: 127.0.0.1:${run.port}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    `Content-Length: ${body.length}`,
    '\r\n',
  ].join('\r\n');
  return Buffer.concat([Buffer.from(head), body]);
}

type Request = {
  readonly query: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
};
const webhookKeys = [readKey(secret)].filter((key) => key !== undefined);

function webhookRequest(contact: number): Request {
  const id = `msg_${runId}_${callbacksMade}`;
  const timestampS = Math.floor(Date.now() / 1_000);
  const body = Buffer.from(
    JSON.stringify({
      type: 'message.created',
      data: {
        externalId: `order-${runId}-${callbacksMade}`,
        contact: { externalId: `customer-${contact}`, name: `Customer ${contact}` },
        content: { type: 'text', text: 'Hello, where is my order 12345? I am waiting since Monday.' },
      },
    }),
  );
  return {
    query: '',
    headers: {
      'Content-Type': 'application/json',
      'webhook-id': id,
      'webhook-timestamp': String(timestampS),
      'webhook-signature': signWebhook({ id, timestampS, body }, webhookKeys),
    },
    body,
  };
}

function wechatRequest(contact: number): Request {
  const at = Date.now();
  const messageId = `${runId}${String(callbacksMade).padStart(7, '0')}`;
  const xml = `<xml><ToUserName><![CDATA[gh_bench]]></ToUserName><FromUserName><![CDATA[oCustomer${contact}]]></FromUserName><CreateTime>${Math.floor(at / 1_000)}</CreateTime><MsgType><![CDATA[text]]></MsgType><Content><![CDATA[你好，我的订单 12345 到哪里了？]]></Content><MsgId>${messageId}</MsgId></xml>`;
  const sealed = sealCallback(xml, { at, callback: messageId }, { settings: wechatAccount });
  return { query: `?${sealed.query}`, headers: { 'Content-Type': 'text/xml' }, body: sealed.body };
}

answerCommands(commands);
