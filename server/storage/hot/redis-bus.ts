import type { Broadcast } from '../../conversation/broadcast.ts';
import { type Redis, redisScript } from './redis.ts';

type Listener = (payload: string) => void;

/** Topics subscribed to with one command. */
const maxBatch = 500;
/** Messages under way; beyond, more are dropped and counted: at-most-once allows it, a full memory does not. */
const maxUnderway = 10_000;
const retryMs = 500;

/**
 * Topics across nodes on Redis pub/sub. A node subscribes to exactly the topics that somebody on it listens to, so an
 * event costs only the nodes that hold somebody who should see it.
 *
 * @param deps.node this node's name, without a space; told with each payload, so that nobody hears itself
 * @param deps.onError told once for each burst of publishes or subscriptions that failed
 */
export function createRedisBroadcast(deps: {
  redis: Redis;
  node: string;
  onError: (error: unknown) => void;
}): Broadcast & { dropped(): number } {
  const { redis } = deps;
  const listeners = new Map<string, Set<Listener>>();
  /** What Redis has been asked for and has confirmed. */
  const subscribed = new Set<string>();
  /** Of these, what nobody is about to leave: channels on which this node is one of those that Redis counts. */
  const own = new Set<string>();
  /** Topics whose subscription may differ from what is wanted. */
  const changed = new Set<string>();
  const gapListeners: (() => void)[] = [];
  /** Who waits until a topic is heard. */
  const waiting = new Map<string, { promise: Promise<void>; resolve: () => void }>();
  const name = `${deps.node} `;
  const nodeChannel = `parley:n:${deps.node}`;
  let working = false;
  let closed = false;
  let retry: NodeJS.Timeout | undefined;
  let underway = 0;
  /** Channel, message, channel, message … of this turn. */
  let outgoing: string[] = [];
  let dropped = 0;
  let isFailing = false;

  function heard(message: string, channel: string): void {
    if (message.startsWith(name)) return;
    const payload = message.slice(message.indexOf(' ') + 1);
    for (const listener of listeners.get(channel.slice(prefix.length)) ?? []) {
      try {
        listener(payload);
      } catch (error) {
        deps.onError(error);
      }
    }
  }

  function change(topic: string): void {
    changed.add(topic);
    if (working || closed || retry !== undefined) return;
    working = true;
    // What is opened and closed within one turn goes together.
    setImmediate(() => void reconcile());
  }

  /** Brings Redis' subscriptions to what is wanted; one run at a time, so that the last word of a topic wins. */
  async function reconcile(): Promise<void> {
    while (changed.size > 0 && !closed) {
      const topics = [...changed].slice(0, maxBatch);
      for (const topic of topics) changed.delete(topic);
      const opening = topics.filter((topic) => listeners.has(topic) && !subscribed.has(topic));
      const closing = topics.filter((topic) => !listeners.has(topic) && subscribed.has(topic));
      try {
        if (opening.length > 0) await redis.subscribe(opening.map(channelOf), heard);
        for (const topic of opening) {
          subscribed.add(topic);
          own.add(channelOf(topic));
          settle(topic);
        }
        for (const topic of closing) own.delete(channelOf(topic));
        if (closing.length > 0) await redis.unsubscribe(closing.map(channelOf), heard);
        for (const topic of closing) subscribed.delete(topic);
      } catch (error) {
        if (closed) break;
        deps.onError(error);
        for (const topic of topics) {
          changed.add(topic);
          // Nobody's door stays shut for it: what is missed meanwhile is found by `seq`.
          settle(topic);
        }
        retry = setTimeout(again, retryMs);
        break;
      }
    }
    working = false;
  }

  function readiness(topic: string): Promise<void> | undefined {
    if (subscribed.has(topic)) return undefined;
    let known = waiting.get(topic);
    if (known === undefined) {
      known = Promise.withResolvers<void>();
      waiting.set(topic, known);
    }
    return known.promise;
  }
  function settle(topic: string): void {
    waiting.get(topic)?.resolve();
    waiting.delete(topic);
  }

  function again(): void {
    retry = undefined;
    const [topic] = changed;
    if (topic !== undefined) change(topic);
  }

  /** What was said in one turn leaves together: with one command where one server has all topics. */
  function flush(): void {
    const said = outgoing;
    outgoing = [];
    if (redis.isCluster) {
      for (let i = 0; i < said.length; i += 2) track(1, redis.publish(said[i] as string, said[i + 1] as string));
      return;
    }
    for (let i = 0; i < said.length; i += 2 * maxBatch) {
      const part = said.slice(i, i + 2 * maxBatch);
      const marks = part.map((channel, n) => (n % 2 === 1 ? '' : own.has(channel) ? '1' : '0')).join('');
      track(part.length / 2, redis.run(publishScript, [prefix], [nodeChannel, marks, ...part]));
    }
  }

  function track(messages: number, sent: Promise<unknown>): void {
    underway += messages;
    sent
      .then(
        () => {
          isFailing = false;
        },
        (error: unknown) => failed(messages, error),
      )
      .finally(() => {
        underway -= messages;
      });
  }

  function failed(messages: number, error: unknown): void {
    dropped += messages;
    if (!isFailing && !closed) deps.onError(error);
    isFailing = true;
  }

  /** Says to the script below that our subscriptions hold: all of them come and go with one connection. */
  async function standUp(): Promise<void> {
    if (redis.isCluster) return;
    await redis
      .subscribe([nodeChannel], () => undefined)
      .catch(() => {
        if (!closed) setTimeout(standUp, retryMs).unref();
      });
  }
  void standUp();

  const endReconnected = redis.onReconnected(() => {
    for (const listener of gapListeners) listener();
  });

  return {
    publish: (topic, payload) => {
      if (underway + outgoing.length / 2 >= maxUnderway) {
        dropped += 1;
        return;
      }
      if (outgoing.length === 0) setImmediate(flush);
      outgoing.push(channelOf(topic), name + payload);
    },
    subscribe: (topic, listener) => {
      // A listener of its own each time, so that the same function may be given twice.
      const mine: Listener = (payload) => listener(payload);
      let known = listeners.get(topic);
      if (known === undefined) {
        known = new Set();
        listeners.set(topic, known);
        change(topic);
      }
      known.add(mine);
      const end = () => {
        const left = listeners.get(topic);
        if (left?.delete(mine) !== true || left.size > 0) return;
        listeners.delete(topic);
        settle(topic);
        change(topic);
      };
      return { ready: readiness(topic), end };
    },
    onGap: (listener) => {
      gapListeners.push(listener);
    },
    dropped: () => dropped,
    close: async () => {
      closed = true;
      clearTimeout(retry);
      endReconnected();
      const channels = [...subscribed].map(channelOf);
      listeners.clear();
      for (const topic of [...waiting.keys()]) settle(topic);
      // Redis may be away: it forgets our subscriptions with the connection.
      if (channels.length > 0) await redis.unsubscribe(channels, heard).catch(() => undefined);
    },
  };
}

/**
 * Publishes where somebody else listens: most of what happens is seen by windows of the node where it happens, and what
 * comes back would only be thrown away. ARGV: the node's own channel, for each message '1' where the node itself is
 * subscribed, channel, message, channel, message … The marks count only while the node's channel is heard, since then all
 * of its subscriptions are.
 */
const publishScript = redisScript(`
local function heard(channel) return redis.call('pubsub', 'numsub', channel)[2] end
local isUp = heard(ARGV[1])
for i = 3, #ARGV, 2 do
  local isOwn = string.byte(ARGV[2], (i - 1) / 2) == 49
  if heard(ARGV[i]) > (isOwn and isUp or 0) then redis.call('publish', ARGV[i], ARGV[i + 1]) end
end
return 1`);

const prefix = 'parley:t:';
const channelOf = (topic: string) => prefix + topic;
