import type { Capabilities } from '@parley/sdk/protocol.ts';
import type { ChannelInstance, Outbound, Sent } from '../gateway/channel-adapter.ts';
import type { AnyAdapter, Channels, LiveChannel } from '../gateway/channels.ts';

type Send = NonNullable<ChannelInstance['send']>;

/** A channel whose sends answer as the test says; everything that was sent is kept, in order. */
export interface ScriptedChannel {
  readonly id: string;
  readonly sent: Outbound[];
  /** What the next sends do; after the last one every send succeeds. */
  readonly script: Send[];
  /** The next send hangs until the answer is called, or until the end of the test. */
  hold(): () => void;
  /** Lets go of everything that hangs. */
  release(): void;
  readonly live: LiveChannel;
  capabilities: Capabilities;
}

const capabilities: Capabilities = {
  content: ['text', 'image'],
  maxTextBytes: 10_000,
  typing: false,
  receipts: { delivered: false, read: false },
  idempotentSend: false,
  rate: { perSecond: 1_000, burst: 1_000 },
  recall: false,
  edit: false,
};

export function createScriptedChannel(id: string, over: Partial<Capabilities> = {}): ScriptedChannel {
  const sent: Outbound[] = [];
  const script: Send[] = [];
  const holds: (() => void)[] = [];
  const channel = {
    id,
    sent,
    script,
    hold: () => {
      const held = Promise.withResolvers<Sent>();
      script.push(() => held.promise);
      const answer = () => held.resolve({});
      holds.push(answer);
      return answer;
    },
    release: () => {
      for (const answer of holds.splice(0)) answer();
    },
    capabilities: { ...capabilities, ...over },
    live: {
      record: { id, type: 'scripted', name: id, settings: {}, enabled: true, createdAt: 1, updatedAt: 1 },
      get adapter() {
        return { capabilities: channel.capabilities } as AnyAdapter;
      },
      instance: {
        send: async (outbound: Outbound, signal: AbortSignal): Promise<Sent> => {
          sent.push(outbound);
          return (await script.shift()?.(outbound, signal)) ?? { externalId: `${id} ${outbound.message.id}` };
        },
      },
      health: { light: 'green' as const },
    },
  };
  return channel;
}

/** The configured channels as the outbox asks for them. */
export function channelsOf(all: readonly ScriptedChannel[]) {
  const listeners: Parameters<Channels['onChange']>[0][] = [];
  const errors = new Map<string, string | undefined>();
  const find = (id: string) => all.find((channel) => channel.id === id)?.live;
  const channels: Pick<Channels, 'all' | 'enabled' | 'sawOutbound' | 'onChange'> = {
    all: () => all.map(({ live }) => live),
    enabled: find,
    sawOutbound: (id, error) => errors.set(id, error),
    onChange: (listener) => listeners.push(listener),
  };
  return {
    channels,
    /** What was last told of each channel's health. */
    errors,
    /** The operator saved the channel's settings. */
    changed: (id: string) => {
      for (const listener of listeners) listener(id, find(id), 'us');
    },
  };
}
