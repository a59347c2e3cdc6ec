import type { Config } from '../config.ts';
import { checkDurability } from '../engines.ts';
import { checkRedis, connectRedis, type Redis } from '../storage/hot/redis.ts';
import { divisionOf, whyNot } from '../storage/hot/redis-partitions.ts';
import { compareClocks } from './check-database.ts';
import { type Finding, ok, problem, warning } from './finding.ts';

/** Looks at Redis as the server will. */
export async function checkRedisServer({ redisUrl, queueSync, queuePartitions }: Config): Promise<Finding[]> {
  if (redisUrl === undefined) return [];
  let redis: Redis;
  try {
    redis = await connectRedis(redisUrl);
  } catch (error) {
    const todo = 'Start Redis, or correct address, user and password.';
    return [problem((error as Error).message, todo)];
  }
  try {
    const nodes = redis.isCluster ? 'The Redis cluster' : 'Redis';
    return [
      ok(`PARLEY_REDIS_URL: ${nodes} answers.`),
      await checkKeeping(redis, queueSync),
      await checkDivision(redis, queuePartitions),
      await checkClock(redis),
    ];
  } finally {
    await redis.close();
  }
}

async function checkKeeping(redis: Redis, queueSync: Config['queueSync']): Promise<Finding> {
  try {
    const durability = await checkRedis(redis);
    checkDurability(durability, queueSync);
    if (queueSync === 'redis') return ok('Redis syncs every write, and a callback is answered after that.');
    return durability === 'always'
      ? warning(
          'PARLEY_QUEUE_SYNC=sql, and Redis syncs every write too: callbacks wait for both.',
          'Set appendfsync everysec, or PARLEY_QUEUE_SYNC=redis.',
        )
      : ok('PARLEY_QUEUE_SYNC=sql: a callback is answered after the commit of the database.');
  } catch (error) {
    return problem((error as Error).message, 'The server does not start before that.');
  }
}

async function checkDivision(redis: Redis, wanted: number): Promise<Finding> {
  const found = await divisionOf(redis);
  const { partitions, workers, waiting } = found;
  if (partitions === wanted) return ok(`The queue has ${partitions} partitions.`);
  if (workers > 0 || waiting > 0) return problem(whyNot(found, wanted), 'The server does not start before that.');
  return warning(
    `PARLEY_QUEUE_PARTITIONS: the queue in Redis has ${partitions} partitions, and nothing waits: the next start makes it ${wanted}.`,
    'Start every process with this number.',
  );
}

function checkClock(redis: Redis): Promise<Finding> {
  return compareClocks('Redis', async () => {
    const [seconds = '0', micros = '0'] = (await redis.send('', 'TIME')) as string[];
    return Number(seconds) * 1_000 + Number(micros) / 1_000;
  });
}
