import type { Content, Message } from '@parley/sdk/protocol.ts';
import { createTestClock, type TestClock } from '../../base/clock.ts';
import type { ChannelContext, ChannelInstance, Outbound } from '../../gateway/channel-adapter.ts';
import { createOutboundFetch } from '../../gateway/channel-fetch.ts';
import { Refusal } from '../../gateway/refusal.ts';
import { createSharedValues } from '../../gateway/shared-values.ts';
import { wechatOfficial } from './adapter.ts';
import { type SimulatorOptions, startWechatSimulator, type WechatSimulator } from './simulated-platform.ts';
import { safeSettings, testNow } from './wechat-fixture.ts';

/** One channel and its simulated platform, joined by real HTTP and by a clock that stands until a test moves it. */
export interface SimulatedChannel extends AsyncDisposable {
  readonly platform: WechatSimulator;
  readonly clock: TestClock;
  readonly reports: readonly Parameters<ChannelContext<unknown>['report']>[0][];
  /** The channel with these settings in place of those that fit; they share tokens, as before and after a change. */
  open(settings?: Record<string, unknown>): Required<Pick<ChannelInstance, 'send' | 'typing' | 'download' | 'check'>>;
  /** Sends to a follower. `told` gets the index of every part that was told as sent. */
  send(parts: readonly Content[], options?: { fromPart?: number; told?: number[]; to?: string }): Promise<unknown>;
}

/** A file that is there, under the name that its address ends with; `/files/gone/…` is not, `/files/broken/…` fails. */
async function openFile(url: string) {
  if (url.startsWith('/files/gone/')) throw new Refusal('not-found', 'The bytes of this file are gone.');
  if (url.startsWith('/files/broken/')) throw new Error('EIO: i/o error, read');
  const fileName = url.split('/').at(-1) ?? '';
  const mimeType = { png: 'image/png', amr: 'audio/amr', mp4: 'video/mp4' }[fileName.split('.').at(-1) ?? ''];
  return { bytes: Uint8Array.of(1, 2, 3), fileName, mimeType: mimeType ?? 'application/octet-stream' };
}

/** `oUser` has just written. Nobody listens to the simulator's callbacks: only what is sent counts here. */
export async function openSimulatedChannel(options: SimulatorOptions = {}): Promise<SimulatedChannel> {
  const clock = createTestClock(testNow);
  const platform = await startWechatSimulator({ now: clock.now, repliesPerMessage: 1_000, attempts: 0, ...options });
  const outbound = createOutboundFetch({ allow: [], baseUrls: [platform.url] });
  const shared = createSharedValues({ clock })('channel-1');
  const reports: Parameters<ChannelContext<unknown>['report']>[0][] = [];
  const open: SimulatedChannel['open'] = (settings = {}) => {
    const { send, typing, download, check } = wechatOfficial.open({
      channelId: 'channel-1',
      publicUrl: 'https://parley.example',
      settings: { ...safeSettings, ...platform.account, apiBaseUrl: platform.url, ...settings },
      now: clock.now,
      sleep: clock.sleep,
      fetch: outbound,
      shared,
      openFile,
      report: (health) => reports.push(health),
    });
    if (send === undefined || typing === undefined || download === undefined || check === undefined) {
      throw new Error('The adapter leaves something out.');
    }
    return { send, typing, download, check };
  };
  const channel = open();
  await platform.push('http://127.0.0.1:9/', { FromUserName: 'oUser', MsgType: 'text', Content: 'hi' });
  return {
    platform,
    clock,
    reports,
    open,
    send: (parts, { fromPart = 0, told = [], to = 'oUser' } = {}) =>
      channel.send(outboundOf(parts, { fromPart, told, to }), new AbortController().signal),
    [Symbol.asyncDispose]: async () => {
      await outbound.close();
      await platform[Symbol.asyncDispose]();
    },
  };
}

export function outboundOf(
  parts: readonly Content[],
  { fromPart = 0, told = [], to = 'oUser' }: { fromPart?: number; told?: number[]; to?: string } = {},
): Outbound {
  return {
    to: { contactExternalId: to, conversationId: 'conversation-1' },
    message: messageOf(parts[0] ?? { type: 'text', text: '' }),
    parts,
    fromPart,
    partSent: async (index) => void told.push(index),
    idempotencyKey: 'msg_1',
    attempt: 1,
  };
}

function messageOf(content: Content): Message {
  return {
    id: 'message-1',
    conversationId: 'conversation-1',
    seq: 2,
    direction: 'out',
    sender: { type: 'agent', id: 'agent-1' },
    content,
    private: false,
    state: 'queued',
    createdAt: testNow,
  };
}
