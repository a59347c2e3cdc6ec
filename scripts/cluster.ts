import { parseArgs } from 'node:util';
import { clickHouseMissing } from '../server/testing/clickhouse.ts';
import { clusterAdmin, clusterMissing, startCluster } from '../server/testing/cluster.ts';
import { buildPages } from './build-pages.ts';

// What `npm run cluster` runs: the installation of deploy/ as processes on this machine, until Ctrl+C.
const usage =
  'npm run cluster -- [--gateways 3] [--workers 2] [--websockets 5] [--port 8080] [--one-redis]\n' +
  'Needs the Debian packages mariadb-server, redis-server and nginx-light; archives into clickhouse-server where it is there.\n';

function fail(message: string): never {
  process.stderr.write(`${message}\n${usage}`);
  process.exit(1);
}

function count(name: string, text: string, max: number): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < 1 || value > max) fail(`--${name}: expected 1 to ${max}, got ${text}.`);
  return value;
}

function readOptions() {
  try {
    return parseArgs({
      options: {
        gateways: { type: 'string', default: '3' },
        workers: { type: 'string', default: '2' },
        websockets: { type: 'string', default: '5' },
        port: { type: 'string', default: '8080' },
        'one-redis': { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    return fail((error as Error).message);
  }
}

const options = readOptions();
if (options.help) {
  process.stdout.write(usage);
  process.exit(0);
}
const missing = clusterMissing();
if (missing !== false) fail(missing);
buildPages();
const say = (text: string) => process.stdout.write(`  ${text}\n`);
const cluster = await startCluster({
  roles: {
    gateway: count('gateways', options.gateways, 20),
    worker: count('workers', options.workers, 20),
    websocket: count('websockets', options.websockets, 20),
  },
  port: count('port', options.port, 65_535),
  oneRedis: options['one-redis'],
  env: { PARLEY_VISITOR_LIMITS: process.env.PARLEY_VISITOR_LIMITS ?? 'on' },
  clickHouse: clickHouseMissing === false,
  onStarted: (what) => say(`started  ${what}`),
}).catch((error: Error) => fail(error.message));
process.stdout.write(
  `\n  Parley is running as ${cluster.nodes.length} processes. Its data is gone when it ends.\n\n` +
    `  Console    ${cluster.url}/console/\n` +
    `  Sign in    ${clusterAdmin.email}\n` +
    `  Password   ${clusterAdmin.password}\n` +
    `  Demo shop  ${cluster.url}/demo\n\n` +
    `${cluster.nodes.map(({ name, url, process: { pid } }) => `  ${name.padEnd(12)} ${url}   process ${pid}`).join('\n')}\n`,
);

let stopping = false;
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    if (stopping) return;
    stopping = true;
    cluster[Symbol.asyncDispose]().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  });
}
