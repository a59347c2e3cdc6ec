/** Everything that stands on Redis, in one module, which a process that is alone never loads. */
export { checkRedis, connectRedis } from './redis.ts';
export { createRedisBroadcast } from './redis-bus.ts';
export { createRedisHotMessages } from './redis-hot-messages.ts';
export { createRedisLeases } from './redis-leases.ts';
export { agreeOnPartitions } from './redis-partitions.ts';
export { createRedisPresence } from './redis-presence.ts';
export { createRedisQueue } from './redis-queue.ts';
export { createRedisSharedValues } from './redis-values.ts';
