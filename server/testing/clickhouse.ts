import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ChildServer, freePort, missingProgram, startChild } from './child-server.ts';

const program = '/usr/sbin/clickhouse-server';
/** Why suites on ClickHouse are skipped, or false. */
export const clickHouseMissing = missingProgram(existsSync(program), 'clickhouse-server');

/** A real ClickHouse on a free port of loopback, with its data in a temporary folder. */
export interface ClickHouse extends AsyncDisposable {
  readonly server: ChildServer;
  /** A new empty database; answers its address. */
  createDatabase(): Promise<string>;
  /** Runs one statement, and answers its text. */
  query(url: string, statement: string): Promise<string>;
}

export async function startClickHouse(): Promise<ClickHouse> {
  const dir = await mkdtemp(join(tmpdir(), 'parley-clickhouse-'));
  const [http, tcp] = [await freePort(), await freePort()];
  for (const name of ['data', 'tmp', 'formats']) await mkdir(join(dir, name));
  await writeFile(join(dir, 'users.xml'), users);
  await writeFile(join(dir, 'config.xml'), settings(dir, http, tcp));
  const base = `http://127.0.0.1:${http}`;
  const server = await startChild(program, [`--config-file=${join(dir, 'config.xml')}`], () =>
    fetch(`${base}/ping`).then(
      (answer) => answer.ok,
      () => false,
    ),
  );
  let databases = 0;
  const query: ClickHouse['query'] = async (url, statement) => {
    const { origin, pathname } = new URL(url);
    const answer = await fetch(`${origin}/?database=${pathname.slice(1)}`, { method: 'POST', body: statement });
    const text = await answer.text();
    if (!answer.ok) throw new Error(text);
    return text;
  };
  return {
    server,
    query,
    createDatabase: async () => {
      databases += 1;
      await query(`${base}/default`, `create database test${databases}`);
      return `${base}/test${databases}`;
    },
    [Symbol.asyncDispose]: async () => {
      await server.kill();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

const settings = (dir: string, http: number, tcp: number) => `<yandex>
  <logger><level>warning</level><console>1</console></logger>
  <listen_host>127.0.0.1</listen_host>
  <http_port>${http}</http_port>
  <tcp_port>${tcp}</tcp_port>
  <path>${dir}/data/</path>
  <tmp_path>${dir}/tmp/</tmp_path>
  <format_schema_path>${dir}/formats/</format_schema_path>
  <users_config>users.xml</users_config>
  <default_profile>default</default_profile>
  <default_database>default</default_database>
  <compression><case>
    <min_part_size>0</min_part_size><min_part_size_ratio>0</min_part_size_ratio><method>zstd</method><level>3</level>
  </case></compression>
  <mark_cache_size>67108864</mark_cache_size>
</yandex>`;

const users = `<yandex>
  <profiles><default><max_memory_usage>1000000000</max_memory_usage><max_threads>2</max_threads></default></profiles>
  <users><default>
    <password></password><profile>default</profile><quota>default</quota>
    <networks><ip>127.0.0.1</ip></networks>
  </default></users>
  <quotas><default></default></quotas>
</yandex>`;
