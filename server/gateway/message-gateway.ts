import { type Leases, ownLeases } from '../base/leases.ts';
import type { HttpAnswer, RawRequest } from './channel-adapter.ts';
import type { Channels, LiveChannel } from './channels.ts';
import type { MessageQueue } from './message-queue.ts';
import { Refusal } from './refusal.ts';

/** The one door in for platforms: picks the adapter, verifies, converts, queues, and answers as the platform expects. */
export interface MessageGateway {
  /**
   * Resolves with the platform's answer when everything that the callback said is durable.
   * @throws Refusal for what must not be accepted; nothing is stored then
   */
  accept(channelId: string, request: RawRequest): Promise<HttpAnswer>;
  /** Runs the channels that pull, until the signal aborts. */
  startPulling(signal: AbortSignal): void;
}

export function createMessageGateway(deps: {
  channels: Channels;
  queue: MessageQueue;
  onAccepted: (channel: LiveChannel, entries: number) => void;
  onRefused: (channel: LiveChannel, reason: string) => void;
  onError: (error: unknown) => void;
  sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Which process pulls for a channel. */
  leases?: Leases;
}): MessageGateway {
  const { channels, queue, leases = ownLeases } = deps;
  const pulling = new Map<string, AbortController>();

  function startChannel(channel: LiveChannel, parent: AbortSignal): void {
    pulling.get(channel.record.id)?.abort();
    pulling.delete(channel.record.id);
    if (channel.instance.start === undefined || !channel.record.enabled) return;
    const controller = new AbortController();
    parent.addEventListener('abort', () => controller.abort(parent.reason), { once: true });
    pulling.set(channel.record.id, controller);
    const work = (held: AbortSignal) => pull(channel, held);
    leases.whileHeld(`pull:${channel.record.id}`, work, controller.signal).catch(deps.onError);
  }

  /** A channel that pulls is started again after it fell: its own backoff is inside, ours only keeps it from spinning. */
  async function pull(channel: LiveChannel, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await channel.instance.start?.(async (entries) => {
          await queue.push(channel.record.id, entries);
          deps.onAccepted(channel, entries.length);
        }, signal);
        return;
      } catch (error) {
        if (signal.aborted) return;
        deps.onError(error);
        await deps.sleep(5_000, signal).catch(() => undefined);
      }
    }
  }

  return {
    accept: async (channelId, request) => {
      const channel = channels.enabled(channelId) ?? (await channels.lookUp(channelId));
      if (channel?.instance.receive === undefined) throw new Refusal('not-found', 'There is no such callback address.');
      try {
        if (request.body.byteLength > channel.adapter.maxBodyBytes) {
          throw new Refusal('body-too-large', `The body may have ${channel.adapter.maxBodyBytes} bytes.`);
        }
        const { answer, entries } = channel.instance.receive(request);
        if (entries.length > 0) await queue.push(channelId, entries);
        deps.onAccepted(channel, entries.length);
        return answer;
      } catch (error) {
        if (error instanceof Refusal) deps.onRefused(channel, error.code);
        throw error;
      }
    },
    startPulling: (signal) => {
      for (const channel of channels.all()) startChannel(channel, signal);
      channels.onChange((id, channel) => {
        if (channel === undefined) {
          pulling.get(id)?.abort();
          pulling.delete(id);
        } else startChannel(channel, signal);
      });
    },
  };
}
