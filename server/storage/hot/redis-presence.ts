import type { Clock } from '../../base/clock.ts';
import type { Broadcast } from '../../conversation/broadcast.ts';
import type { OwnPresence, PresenceChoice, PresenceDirectory } from '../../routing/presence-directory.ts';
import { noneLater, type Redis, type RedisReply, redisNow, redisScript } from './redis.ts';

/** How often a process says that it is there, and looks who else is. */
export const beatMs = 3_000;
/** A process that was not heard of for so long is gone with its sockets. */
const goneMs = 10_000;

const tag = 'parley:{presence}';
const nodesKey = `${tag}:nodes`;
const chosenKey = `${tag}:chosen`;
const nodeKey = (node: string) => `${tag}:node:${node}`;
const topic = 'presence';

/** All that a process has, written anew: whatever was lost (FLUSHALL, an expiry while it stood still) is there again.
 * Allowed when the memory is full, as all that is written here: it is little, and without it agents were thought gone. */
const beatScript = redisScript(`#!lua flags=allow-oom
${redisNow}
redis.call('del', KEYS[1])
for i = 3, #ARGV, 2 do redis.call('hset', KEYS[1], ARGV[i], ARGV[i + 1]) end
redis.call('pexpire', KEYS[1], ARGV[2])
redis.call('zadd', KEYS[2], now, ARGV[1])
return 1`);

/** Every process that is there, as a flat list: its name, then its agents with the number of their sockets. Who was heard
 * of later than now, as the clock was set back, was heard of now: else a dead process were there until then. */
const readScript = redisScript(`#!lua flags=allow-oom
${redisNow}${noneLater('now')}
redis.call('zremrangebyscore', KEYS[1], '-inf', now - ARGV[2])
local answer = {}
for _, node in ipairs(redis.call('zrange', KEYS[1], 0, -1)) do
  answer[#answer + 1] = { node, redis.call('hgetall', ARGV[1] .. node) }
end
return { answer, redis.call('hgetall', KEYS[2]) }`);

/** ARGV: agent, what is kept of it. */
const putScript = redisScript(`#!lua flags=allow-oom
return redis.call('hset', KEYS[1], ARGV[1], ARGV[2])`);

/** `at`: when it was made, and later than the choice before, however the clocks of the two processes stand. */
type Choice = PresenceChoice & { readonly at: number };
/** Of each agent: how many there are, and whether somebody is at one of them. */
type Sockets = Map<string, { readonly sockets: number; readonly isIdle: boolean }>;

/**
 * Presence of all processes in Redis: each writes what it has every few seconds, so that a process that died is gone ten
 * seconds later, and tells changes at once on the broadcast. While Redis is away everybody keeps what was known last.
 */
export function createRedisPresence(deps: {
  redis: Redis;
  broadcast: Broadcast;
  node: string;
  clock: Clock;
  onError: (error: unknown) => void;
}): PresenceDirectory {
  const { redis, broadcast, clock } = deps;
  const own: Sockets = new Map();
  const elsewhere = new Map<string, Sockets>();
  const choices = new Map<string, Choice>();
  const stopped = new AbortController();
  let tell: Parameters<PresenceDirectory['start']>[0] = () => undefined;

  function seenElsewhere(agentId: string): { sockets: number; isIdle: boolean } {
    const there = [...elsewhere.values()].flatMap((agents) => agents.get(agentId) ?? []);
    const sockets = there.reduce((sum, node) => sum + node.sockets, 0);
    return { sockets, isIdle: there.every(({ isIdle }) => isIdle) };
  }

  /** True when the choice is newer than what was known. */
  function learn(agentId: string, choice: Choice): boolean {
    const known = choices.get(agentId);
    if (known !== undefined && known.at >= choice.at) return false;
    choices.set(agentId, choice);
    return known?.status !== choice.status || known.reason !== choice.reason;
  }

  function seen(agentId: string, isNewChoice: boolean): void {
    const choice = isNewChoice ? choices.get(agentId) : undefined;
    const chosen = choice && { status: choice.status, reason: choice.reason };
    tell(agentId, { ...seenElsewhere(agentId), ...(chosen === undefined ? {} : { chosen }) });
  }

  async function beat(): Promise<void> {
    const state = [...own].flatMap(([agentId, has]) => [agentId, written(has)]);
    const args = [deps.node, String(goneMs), ...state];
    await redis.run(beatScript, [nodeKey(deps.node), nodesKey], args);
  }

  async function look(): Promise<void> {
    const reply = await redis.run(readScript, [nodesKey, chosenKey], [nodeKey(''), String(goneMs)]);
    const [nodes, chosen] = reply as readonly [
      readonly (readonly [string, readonly RedisReply[]])[],
      readonly RedisReply[],
    ];
    const concerned = new Set<string>();
    for (const sockets of elsewhere.values()) for (const agentId of sockets.keys()) concerned.add(agentId);
    const known = new Map([...concerned].map((agentId) => [agentId, written(seenElsewhere(agentId))]));
    elsewhere.clear();
    for (const [node, flat] of nodes) {
      if (node === deps.node) continue;
      const sockets = new Map(pairs(flat).map(([agentId, text]) => [agentId, read(text)]));
      elsewhere.set(node, sockets);
      for (const agentId of sockets.keys()) concerned.add(agentId);
    }
    const newChoices = new Set(
      pairs(chosen).flatMap(([agentId, text]) => (learn(agentId, readChoice(text)) ? [agentId] : [])),
    );
    for (const agentId of new Set([...concerned, ...newChoices])) {
      const isNew = newChoices.has(agentId);
      if (isNew || (known.get(agentId) ?? none) !== written(seenElsewhere(agentId))) seen(agentId, isNew);
    }
  }

  function heard(payload: string): void {
    const { node, agentId, sockets, isIdle = false, choice } = JSON.parse(payload) as Told;
    let there = elsewhere.get(node);
    if (there === undefined) {
      there = new Map();
      elsewhere.set(node, there);
    }
    if (sockets > 0) there.set(agentId, { sockets, isIdle });
    else there.delete(agentId);
    seen(agentId, choice !== undefined && learn(agentId, choice));
  }

  function choose(agentId: string, { status, reason }: PresenceChoice): Choice | undefined {
    const known = choices.get(agentId);
    if (known?.status === status && known.reason === reason) return undefined;
    // Everybody is online who never chose anything else: nothing to be kept.
    if (known === undefined && status === 'online') return undefined;
    const choice = { status, reason, at: Math.max(clock.now(), (known?.at ?? 0) + 1) };
    choices.set(agentId, choice);
    redis.run(putScript, [chosenKey], [agentId, JSON.stringify(choice)]).catch(deps.onError);
    return choice;
  }

  async function keepBeating(): Promise<void> {
    while (!stopped.signal.aborted) {
      await clock.sleep(beatMs, stopped.signal).catch(() => undefined);
      if (stopped.signal.aborted) return;
      // One after the other: whoever reads a Redis that lost everything has written its own before.
      await beat().then(look).catch(deps.onError);
    }
  }

  return {
    announce: (agentId, { sockets, isIdle, chosen }: OwnPresence) => {
      if (sockets > 0) own.set(agentId, { sockets, isIdle });
      else own.delete(agentId);
      const choice = choose(agentId, chosen);
      const told: Told = { node: deps.node, agentId, sockets, isIdle, ...(choice === undefined ? {} : { choice }) };
      broadcast.publish(topic, JSON.stringify(told));
      const key = nodeKey(deps.node);
      const write =
        sockets > 0
          ? redis.run(putScript, [key], [agentId, written({ sockets, isIdle })])
          : redis.send(key, 'hdel', key, agentId);
      write.catch(deps.onError);
    },
    start: async (listener) => {
      tell = listener;
      broadcast.subscribe(topic, heard);
      await beat();
      await look();
      void keepBeating();
    },
    stop: async () => {
      stopped.abort();
      for (const agentId of own.keys()) {
        broadcast.publish(topic, JSON.stringify({ node: deps.node, agentId, sockets: 0 } satisfies Told));
      }
      // Redis may be away: then it forgets us by itself.
      await redis.send(nodesKey, 'zrem', nodesKey, deps.node).catch(() => undefined);
      await redis.send(nodeKey(deps.node), 'del', nodeKey(deps.node)).catch(() => undefined);
    },
  };
}

/** One change, as it is told to the others. */
type Told = {
  readonly node: string;
  readonly agentId: string;
  readonly sockets: number;
  readonly isIdle?: boolean;
  readonly choice?: Choice;
};

/** What is kept of an agent's sockets: their number, and whether nobody is at them. */
function written({ sockets, isIdle }: { sockets: number; isIdle: boolean }): string {
  return sockets > 0 && isIdle ? `${sockets} idle` : String(sockets);
}
const none = written({ sockets: 0, isIdle: true });

/** A process of an older version knew no reasons. */
function readChoice(text: string): Choice {
  const { reason = null, ...choice } = JSON.parse(text) as Omit<Choice, 'reason'> & Partial<Choice>;
  return { ...choice, reason };
}

function read(text: string): { sockets: number; isIdle: boolean } {
  return { sockets: Number.parseInt(text, 10), isIdle: text.endsWith(' idle') };
}

function pairs(flat: readonly RedisReply[]): [string, string][] {
  const found: [string, string][] = [];
  for (let i = 0; i + 1 < flat.length; i += 2) found.push([String(flat[i]), String(flat[i + 1])]);
  return found;
}
