import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Message, Page } from '@parley/sdk/protocol.ts';
import { type OtherSystem, startOtherSystem } from '../../server/channels/webhook/other-system.ts';
import {
  startWechatSimulator,
  type WechatSimulator,
} from '../../server/channels/wechat-official/simulated-platform.ts';
import { allMessages, call, must } from './clients.ts';
import type { FaultRun } from './fault-run.ts';
import type { Entry } from './ledger.ts';
import type { HookSettings } from './load.ts';
import { startTcpProxy, type TcpProxy } from './tcp-proxy.ts';

const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const timeoutMs = 2_000;
const drainedWithinMs = 90_000;

/** Another system that agents' answers are posted to, at the end of a link of ours. */
export interface HookPlatform extends AsyncDisposable {
  readonly system: OtherSystem;
  readonly link: TcpProxy;
  /** For a channel that leads there. */
  readonly settings: HookSettings;
}

export async function startHookPlatform(): Promise<HookPlatform> {
  const system = await startOtherSystem({ secret });
  const link = await startTcpProxy(Number(new URL(system.url).port));
  return {
    system,
    link,
    settings: { outboundUrl: `http://127.0.0.1:${link.port}/`, outboundSecret: secret, timeoutMs },
    [Symbol.asyncDispose]: async () => {
      await link[Symbol.asyncDispose]();
      await system.close();
    },
  };
}

/** The simulated WeChat at the end of a link of ours: a platform that knows no id of ours again. */
export interface WechatPlatform extends AsyncDisposable {
  readonly platform: WechatSimulator;
  readonly link: TcpProxy;
}

export async function startWechatPlatform(): Promise<WechatPlatform> {
  // What a follower's message allows is not what is tested here.
  const platform = await startWechatSimulator({ repliesPerMessage: 1_000_000 });
  const link = await startTcpProxy(Number(new URL(platform.url).port));
  return {
    platform,
    link,
    [Symbol.asyncDispose]: async () => {
      await link[Symbol.asyncDispose]();
      await platform[Symbol.asyncDispose]();
    },
  };
}

/** A channel to the simulated platform, some of whose followers have written. @returns its id */
export async function followWechat(run: FaultRun, wechat: WechatPlatform, followers: number): Promise<string> {
  const { cluster, token, ledger } = run;
  const { appId, appSecret, token: key, encodingAesKey, mode, originalId } = wechat.platform.account;
  const apiBaseUrl = `http://127.0.0.1:${wechat.link.port}`;
  const settings = { apiBaseUrl, appId, appSecret, token: key, encodingAesKey, mode, originalId };
  const body = { type: 'wechat-official', name: 'Service account', settings };
  const { id } = await must(call<{ id: string }>(cluster, 'POST /api/v1/channels', { token, body }));
  for (let i = 0; i < followers; i++) {
    const entry = ledger.open('webhook');
    const write = { FromUserName: `oFollower${i}`, MsgType: 'text', Content: entry.text };
    const { result } = await wechat.platform.push(`${cluster.url}/hooks/${id}`, write);
    assert.equal(result, 'accepted');
    entry.acknowledged = { at: Date.now() };
  }
  return id;
}

/** The agent answers everybody on the channel, once as many have a conversation: what it says leaves by the outbox. */
export async function answerOn(run: FaultRun, channelId: string, contacts: number): Promise<void> {
  let open: string[] = [];
  for (const deadline = Date.now() + 30_000; open.length < contacts; await sleep(50)) {
    assert.ok(Date.now() < deadline, `only ${open.length} contacts have a conversation`);
    open = await conversationsOn(run, channelId);
  }
  for (const id of open) run.load.answerIn(id);
}

async function conversationsOn({ cluster, token }: FaultRun, channelId: string): Promise<string[]> {
  const path = `GET /api/v1/conversations?channel=${channelId}&limit=200` as const;
  const { items } = await must(call<Page<{ id: string }>>(cluster, path, { token }));
  return items.map(({ id }) => id);
}

/** Until nothing waits for its delivery, nor for its next attempt. */
export async function outboxIsEmpty({ cluster }: FaultRun): Promise<void> {
  const waiting = async () => {
    const sql = "select count(*) as n from outbox where state in ('queued', 'sending')";
    const [row] = await cluster.mariadb.query(cluster.databaseUrl, sql);
    return Number(row?.n);
  };
  for (const deadline = Date.now() + drainedWithinMs; (await waiting()) > 0; await sleep(100)) {
    assert.ok(Date.now() < deadline, 'the outbox does not become empty');
  }
}

/** What the agent said to the contacts of a channel, and what stands at it. */
async function repliesOn(run: FaultRun, channelId: string): Promise<{ entry: Entry; message: Message }[]> {
  const said = new Map(run.ledger.acknowledged('agent').map((entry) => [entry.text, entry]));
  const replies: { entry: Entry; message: Message }[] = [];
  for (const id of await conversationsOn(run, channelId)) {
    for (const message of await allMessages(run.cluster, run.token, id)) {
      const entry = message.content.type === 'text' ? said.get(message.content.text) : undefined;
      if (entry !== undefined) replies.push({ entry, message });
    }
  }
  assert.ok(replies.length > 0);
  return replies;
}

const textOf = (post: OtherSystem['received'][number]) =>
  (post.event.data as { content?: { text?: string } } | undefined)?.content?.text ?? '';

/** Until the other system has taken something that the agent says from now on. */
export async function aReplyArrives({ ledger }: FaultRun, { system }: HookPlatform): Promise<void> {
  const begun = ledger.entries.length;
  const later = () => new Set(ledger.entries.slice(begun).map(({ text }) => text));
  const from = system.received.length;
  const hasArrived = () => system.received.slice(from).some((post) => later().has(textOf(post)));
  for (const deadline = Date.now() + 60_000; !hasArrived(); await sleep(20)) {
    assert.ok(Date.now() < deadline, 'nothing reached the other system for a minute');
  }
}

/**
 * Every answer to the other system was taken at least once, and each under one id, by which a repeat is known again.
 * Call it when the outbox is empty.
 */
export async function everyReplyWasTaken(run: FaultRun, { system }: HookPlatform) {
  const replies = await repliesOn(run, run.target.hook.channelId);
  const posts = Map.groupBy(system.received, textOf);
  for (const { entry, message } of replies) {
    const own = posts.get(entry.text) ?? [];
    assert.equal(message.state, 'sent', `${entry.key} is ${message.state}: ${message.stateReason}`);
    assert.ok(
      own.some(({ answered }) => answered === 200),
      `${entry.key} did not arrive`,
    );
    assert.equal(new Set(own.map(({ webhookId }) => webhookId)).size, 1, `${entry.key} was sent under several ids`);
  }
  return { replies: replies.length, repeats: system.received.length - replies.length };
}

/** What became of the answers to followers. */
export interface WechatAccount {
  readonly replies: number;
  readonly sent: number;
  /** Attempts that a process did not survive, and those that the platform's answer to was lost. */
  readonly unknown: { readonly died: number; readonly unanswered: number };
  /** … of which the follower did get the message. */
  readonly unknownAndArrived: number;
}

/**
 * Each answer to a follower arrived once, or is shown to a person as unknown and arrived once at most. Call it when the
 * outbox is empty.
 */
export async function everyFollowerReadItOnce(
  run: FaultRun,
  { platform }: WechatPlatform,
  channelId: string,
): Promise<WechatAccount> {
  const replies = await repliesOn(run, channelId);
  const arrived = Map.groupBy(platform.sent, ({ body }) => (body.text as { content: string }).content);
  const shown = await deadLetters(run);
  const unknown = { died: 0, unanswered: 0 };
  let unknownAndArrived = 0;
  for (const { entry, message } of replies) {
    const times = arrived.get(entry.text)?.length ?? 0;
    assert.ok(times <= 1, `${entry.key} arrived ${times} times`);
    if (message.state === 'sent') {
      assert.equal(times, 1, `${entry.key} did not arrive`);
      continue;
    }
    assert.equal(message.state, 'unknown', `${entry.key}: ${message.stateReason}`);
    assert.ok(shown.has(`${message.conversationId}/${message.seq}`), `nobody is shown that ${entry.key} is unknown`);
    unknown[message.stateReason?.startsWith('The server stopped') === true ? 'died' : 'unanswered'] += 1;
    unknownAndArrived += times;
  }
  const sent = replies.length - unknown.died - unknown.unanswered;
  assert.equal(platform.sent.length, sent + unknownAndArrived, 'something arrived that nobody said');
  return { replies: replies.length, sent, unknown, unknownAndArrived };
}

/** Messages whose delivery waits for a person. */
async function deadLetters({ cluster, token }: FaultRun): Promise<Set<string>> {
  const places = new Set<string>();
  for (let cursor: string | null = ''; cursor !== null; ) {
    const path = `GET /api/v1/dead-letters?limit=200${cursor === '' ? '' : `&cursor=${cursor}`}` as const;
    const page: Page<{ conversationId?: string; seq?: number }> = await must(call(cluster, path, { token }));
    for (const { conversationId, seq } of page.items) places.add(`${conversationId}/${seq}`);
    cursor = page.nextCursor;
  }
  return places;
}
