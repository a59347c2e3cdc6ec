import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ChildServer, freePort, startChild } from './child-server.ts';
import { startClickHouse } from './clickhouse.ts';
import { type MariaDb, mariadbMissing, startMariaDb } from './mariadb.ts';
import { nginxMissing, startNginx } from './nginx.ts';
import { redisMissing, startRedis, startRedisCluster, type TestRedis } from './redis.ts';

const main = join(dirname(fileURLToPath(import.meta.url)), '../main.ts');
export const clusterAdmin = { email: 'admin@parley.test', password: 'correct horse 42' } as const;

/** Why what needs a whole cluster is skipped, or false. */
export const clusterMissing = (): string | false => mariadbMissing || redisMissing() || nginxMissing;

export type NodeRole = 'gateway' | 'worker' | 'websocket' | 'all';

/** One process of the installation. */
export interface ClusterNode {
  readonly name: string;
  readonly role: NodeRole;
  readonly url: string;
  readonly process: ChildServer;
  /** Starts it again on the same port, after it was killed or stopped. */
  restart(): Promise<void>;
}

/** A whole installation as processes on loopback: the topology of `deploy/`. */
export interface Cluster extends AsyncDisposable {
  /** The load balancer. */
  readonly url: string;
  readonly mariadb: MariaDb;
  readonly databaseUrl: string;
  readonly redis: TestRedis;
  readonly balancer: ChildServer;
  readonly nodes: readonly ClusterNode[];
  of(role: NodeRole): readonly ClusterNode[];
}

export interface ClusterOptions {
  readonly roles: Readonly<Partial<Record<NodeRole, number>>>;
  /** Port of the load balancer; any free one when absent. */
  readonly port?: number;
  /** One Redis in place of a cluster of three. */
  readonly oneRedis?: boolean;
  /** The archive in ClickHouse; else in a folder that all processes share. */
  readonly clickHouse?: boolean;
  readonly redisOptions?: Readonly<Record<string, string>>;
  /** Environment of MariaDB beside ours. */
  readonly mariadbEnv?: Readonly<Record<string, string>>;
  /** Environment of Redis beside ours. */
  readonly redisEnv?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  /** Environment of one process beside that of all; undefined for none. */
  readonly envOf?: (name: string) => Readonly<Record<string, string>> | undefined;
  /** Puts something between a process and a server (not a cluster of Redis): answers the port that it is given. */
  readonly through?: (
    part: 'mariadb' | 'redis',
    port: number,
    node: Pick<ClusterNode, 'role' | 'name'>,
  ) => Promise<number>;
  /** Of Node itself, for every process. */
  readonly nodeArgs?: readonly string[];
  /** Told of each part that stands. */
  readonly onStarted?: (what: string) => void;
}

export async function startCluster(options: ClusterOptions): Promise<Cluster> {
  const told = options.onStarted ?? (() => undefined);
  const dir = await mkdtemp(join(tmpdir(), 'parley-cluster-'));
  const parts = new AsyncDisposableStack();
  parts.defer(() => rm(dir, { recursive: true, force: true }));
  try {
    const mariadb = parts.use(await startMariaDb([], undefined, options.mariadbEnv));
    told(`MariaDB on port ${mariadb.port}`);
    const startRedisOf = options.oneRedis === true ? startRedis : startRedisCluster;
    const redis = parts.use(await startRedisOf(options.redisOptions, options.redisEnv));
    told(`Redis: ${redis.nodes.length === 1 ? 'one server' : `a cluster of ${redis.nodes.length}`}`);
    const databaseUrl = await mariadb.createDatabase();
    const clickHouse = options.clickHouse === true ? parts.use(await startClickHouse()) : undefined;
    if (clickHouse !== undefined) told('ClickHouse');
    const { through = async (_, port) => port } = options;
    const servers = async (node: Pick<ClusterNode, 'role' | 'name'>) => {
      const behind = async (part: 'mariadb' | 'redis', address: string, from: number) =>
        address.replace(`:${from}`, `:${await through(part, from, node)}`);
      return {
        PARLEY_DATABASE_URL: await behind('mariadb', databaseUrl, mariadb.port),
        PARLEY_REDIS_URL:
          redis.nodes.length > 1 ? redis.url : await behind('redis', redis.url, redis.nodes[0]?.port ?? 0),
      };
    };
    const port = options.port ?? (await freePort());
    const url = `http://127.0.0.1:${port}`;
    const env = {
      PARLEY_FILES_DIR: join(dir, 'files'),
      ...(clickHouse === undefined
        ? { PARLEY_ARCHIVE_DIR: join(dir, 'archive') }
        : { PARLEY_CLICKHOUSE_URL: await clickHouse.createDatabase() }),
      PARLEY_SECRET: 'a secret of the test cluster',
      PARLEY_ADMIN_EMAIL: clusterAdmin.email,
      PARLEY_ADMIN_PASSWORD: clusterAdmin.password,
      PARLEY_PUBLIC_URL: url,
      PARLEY_TRUST_PROXY: '127.0.0.1',
      // All visitors of a test or a bench come from one address, and write faster than people.
      PARLEY_VISITOR_LIMITS: 'off',
      ...options.env,
    };
    const wanted = Object.entries(options.roles).flatMap(([role, count]) =>
      Array.from({ length: count ?? 0 }, (_, index) => ({ role: role as NodeRole, name: `${role} ${index + 1}` })),
    );
    const settings: Record<string, string>[] = [];
    for (const one of wanted) settings.push({ ...env, ...(await servers(one)), ...options.envOf?.(one.name) });
    const { nodeArgs = [] } = options;
    const nodes = await Promise.all(
      wanted.map((one, at) =>
        startNode(one, { dataDir: join(dir, one.name.replace(' ', '-')), env: settings[at] ?? env, nodeArgs }),
      ),
    );
    for (const node of nodes) parts.defer(() => node.process.kill());
    told(`${nodes.map(({ name }) => name).join(', ')}`);
    const of = (role: NodeRole) => nodes.filter((node) => node.role === role);
    const portsOf = (role: NodeRole) => [...of(role), ...of('all')].map((node) => Number(new URL(node.url).port));
    const upstreams = { gateways: portsOf('gateway'), websockets: portsOf('websocket') };
    const balancer = parts.use(await startNginx(dir, port, upstreams));
    told(`the load balancer on port ${port}`);
    const stop = () => parts.disposeAsync();
    return { url, mariadb, databaseUrl, redis, balancer, nodes, of, [Symbol.asyncDispose]: stop };
  } catch (error) {
    await parts.disposeAsync();
    throw error;
  }
}

async function startNode(
  { role, name }: Pick<ClusterNode, 'role' | 'name'>,
  { dataDir, env, nodeArgs }: { dataDir: string; env: Readonly<Record<string, string>>; nodeArgs: readonly string[] },
): Promise<ClusterNode> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const own = { PARLEY_ROLE: role, PARLEY_PORT: String(port), PARLEY_DATA_DIR: dataDir };
  const run = () =>
    startChild(process.execPath, [...nodeArgs, main], () => isReady(url), { ...process.env, ...env, ...own });
  let child = await run();
  return {
    name,
    role,
    url,
    get process() {
      return child;
    },
    restart: async () => {
      child = await run();
    },
  };
}

async function isReady(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/readyz`)).ok;
  } catch {
    // Not listening yet.
    return false;
  }
}

/** The pages that a browser needs, built. */
export const pagesAreBuilt = (): boolean => existsSync(join(dirname(main), '../console/dist/index.html'));
