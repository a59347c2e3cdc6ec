import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { readConfig } from '../server/config.ts';
import { missingProgram } from '../server/testing/child-server.ts';

const root = dirname(import.meta.dirname);
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const files = globSync(['deploy/**/*', 'docs/{cluster,deploy}.md'], { cwd: root, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => join(entry.parentPath, entry.name));
const deployment = [join(root, 'Dockerfile'), ...files].map((path) => ({ path, text: readFileSync(path, 'utf8') }));

test('every setting that the deployment and its pages name is one that the server reads', () => {
  const known = settingsRead();
  // Of the load balancer's template, and not of the server.
  known.add('PARLEY_BACKEND_PORT');
  let seen = 0;
  for (const { path, text } of deployment) {
    for (const [name] of text.matchAll(/\bPARLEY_[A-Z][A-Z_]*[A-Z]\b/g)) {
      seen += 1;
      assert.ok(known.has(name), `${path}: ${name}`);
    }
  }
  assert.ok(seen > 40);
});

/** What the server asks its environment for, on either engine. */
function settingsRead(): Set<string> {
  const asked = new Set<string>();
  for (const PARLEY_DATABASE_URL of ['sqlite:parley.db', 'mysql://parley@db/parley']) {
    const env: Readonly<Record<string, string | undefined>> = { PARLEY_DATABASE_URL };
    const noting = new Proxy(env, {
      get: (target, name) => {
        asked.add(String(name));
        return target[String(name)];
      },
    });
    readConfig(noting, root);
  }
  return asked;
}

test('every metric that an alert asks for is one that the server has', () => {
  const metrics = read('server/metrics/metrics.ts');
  const named = [...read('deploy/prometheus-rules.yml').matchAll(/\bparley_[a-z_0-9]+\b/g)].map(([name]) => name);
  assert.ok(named.length >= 8);
  for (const name of named) {
    const base = name.replace(/_(bucket|sum|count)$/, '');
    assert.ok(metrics.includes(`'${base}'`), name);
  }
});

test('the image is built as images should be', () => {
  const lines = read('Dockerfile').split('\n');
  const bases = lines.flatMap((line) => /^FROM (\S+)/.exec(line)?.[1] ?? []);
  assert.ok(
    bases.every((base) => /:\d+\.\d+\.\d+/.test(base)),
    'every base has its exact version',
  );
  const last = lines.slice(lines.findLastIndex((line) => line.startsWith('FROM ')));
  const at = (start: string) => last.findIndex((line) => line.startsWith(start));
  assert.match(last[at('USER ')] ?? '', /^USER (?!root|0)/);
  assert.ok(at('USER ') < at('CMD '), 'the program runs as that user');
  assert.match(last[at('CMD ')] ?? '', /^CMD \[/, 'signals reach the program and no shell');
  assert.ok(at('HEALTHCHECK ') > 0 && at('STOPSIGNAL ') > 0);
  assert.ok(!lines.some((line) => /^ADD |apt-get|curl |--privileged/.test(line)));
  assert.ok(!/(PASSWORD|SECRET|TOKEN)=/.test(lines.join('\n')), 'no secret is in the image');
  // What it copies is there.
  for (const line of lines) {
    const [, from = ''] = /^COPY (?!--from)(.+) \S+$/.exec(line) ?? [];
    for (const path of from.split(' ').filter((each) => each !== '')) assert.ok(existsSync(join(root, path)), path);
  }
});

test('secrets come from the environment, and none has a default', () => {
  const compose = read('deploy/compose.yaml');
  for (const [line, name = ''] of compose.matchAll(/^.*\$\{([A-Z_]*(?:PASSWORD|SECRET))[^}]*\}.*$/gm)) {
    assert.match(line, /\$\{[A-Z_]+:\?/, name);
  }
  const example = read('deploy/.env.example');
  for (const name of new Set([...compose.matchAll(/\$\{([A-Z_]+):\?/g)].map((match) => match[1]))) {
    assert.match(example, new RegExp(`^${name}=`, 'm'));
  }
});

interface Compose {
  readonly services: Readonly<Record<string, ComposeService>>;
  readonly volumes: Readonly<Record<string, unknown>>;
  readonly networks: Readonly<Record<string, unknown>>;
}
interface ComposeService {
  readonly image: string;
  readonly build?: unknown;
  readonly environment?: Readonly<Record<string, string>>;
  readonly volumes?: readonly string[];
  readonly networks: readonly string[] | Readonly<Record<string, { ipv4_address?: string }>>;
  readonly depends_on?: readonly string[] | Readonly<Record<string, unknown>>;
  readonly deploy?: { readonly replicas: number };
  readonly read_only?: boolean;
  readonly cap_drop?: readonly string[];
  readonly stop_grace_period?: string;
  readonly healthcheck?: unknown;
}
const compose = parse(read('deploy/compose.yaml'), { merge: true }) as Compose;
const ownServices = Object.entries(compose.services).filter(([, service]) => service.build !== undefined);
const namesOf = (of: readonly string[] | object | undefined) => (Array.isArray(of) ? of : Object.keys(of ?? {}));

test('the composed installation has the promised processes, and each starts with the settings that it is given', () => {
  assert.deepEqual(
    ownServices.map(([name, { deploy }]) => [name, deploy?.replicas]),
    [
      ['gateway', 3],
      ['worker', 2],
      ['websocket', 5],
    ],
  );
  for (const [name, service] of ownServices) {
    // An operator fills in what has no default.
    const env = Object.entries(service.environment ?? {}).map(([setting, text]) => [
      setting,
      text.replaceAll(/\$\{(\w+):\?[^}]*\}/g, (_, variable: string) =>
        variable === 'PARLEY_PUBLIC_URL'
          ? 'https://chat.example.com'
          : variable.endsWith('EMAIL')
            ? 'a@b.c'
            : 'x'.repeat(32),
      ),
    ]);
    const config = readConfig(Object.fromEntries(env) as Record<string, string>);
    assert.equal(config.role, name);
    assert.equal(config.archive.engine.name, 'clickhouse');
    const { balancer } = compose.services;
    const address = Object.values(balancer?.networks ?? {}).map((network) => network.ipv4_address);
    assert.deepEqual(config.trustProxy, address, 'the load balancer is believed, and nobody else');
    const graceMs = Number.parseInt(service.stop_grace_period ?? '10s', 10) * 1_000;
    assert.ok(config.drainMs < graceMs, 'the drain ends before the process is killed');
    assert.ok(service.read_only === true && service.cap_drop?.includes('ALL'));
  }
});

test('whatever is mounted into a process is a folder that the image has given to its user', () => {
  const made = /^RUN mkdir (.+) && chown node:node (.+)$/m.exec(read('Dockerfile'));
  assert.ok(made?.[1] !== undefined && made[1] === made[2]);
  const folders = made[1].split(' ');
  const settings = [...ownServices].map(([, { environment }]) => environment?.PARLEY_FILES_DIR);
  for (const [name, { volumes = [] }] of ownServices) {
    const mounted = volumes.map((volume) => volume.split(':')[1] ?? '');
    assert.ok(mounted.length > 0);
    for (const path of mounted) assert.ok(folders.includes(path), `${name}: ${path} would belong to root`);
    for (const path of settings) assert.ok(mounted.includes(path ?? ''));
  }
});

test('what a composed service names is there', () => {
  const services = Object.keys(compose.services);
  for (const [name, service] of Object.entries(compose.services)) {
    for (const other of namesOf(service.depends_on)) {
      assert.ok(services.includes(other), `${name}: ${other}`);
      const needsHealth = JSON.stringify(service.depends_on).includes(`"${other}":{"condition":"service_healthy"}`);
      assert.ok(!needsHealth || compose.services[other]?.healthcheck !== undefined, `${other} tells its health`);
    }
    for (const network of namesOf(service.networks)) assert.ok(network in compose.networks, network);
    for (const volume of service.volumes ?? []) {
      const [from = ''] = volume.split(':');
      const isThere = from.startsWith('.') ? existsSync(join(root, 'deploy', from)) : from in compose.volumes;
      assert.ok(isThere, `${name}: ${from}`);
    }
  }
  const scraped = /names: \[(.*)\]/.exec(read('deploy/prometheus.yml'))?.[1]?.split(', ');
  assert.deepEqual(
    scraped,
    ownServices.map(([name]) => name),
  );
});

/** Location → upstream. */
const routes = (text: string) =>
  Object.fromEntries(
    [...text.matchAll(/location (= )?(\S+) \{[^}]*proxy_pass http:\/\/(\w+);/g)].map(([, , path, to]) => [path, to]),
  );

test('the load balancer of the deployment sends everything where the tested one does', () => {
  const deployed = routes(read('deploy/nginx.conf.template'));
  assert.deepEqual(deployed, routes(read('server/testing/nginx.ts')));
  assert.deepEqual(deployed, { '/': 'gateway', '/ws/': 'websocket', '/api/v1/visitor/poll': 'polling' });
});

const nginx = '/usr/sbin/nginx';
test('nginx understands the load balancer’s configuration', {
  skip: missingProgram(existsSync(nginx), 'nginx-light'),
}, () => {
  const dir = mkdtempSync(join(tmpdir(), 'parley-nginx-'));
  try {
    // Debian's nginx is older than `resolve`, and there are no such hosts here.
    const site = read('deploy/nginx.conf.template')
      .replaceAll(/server \w+:\$\{PARLEY_BACKEND_PORT\} resolve/g, 'server 127.0.0.1:8080')
      .replace('listen 8080', 'listen 127.0.0.1:18080');
    const main = `pid ${dir}/pid; error_log ${dir}/error.log; events {} http { access_log off; client_body_temp_path ${dir}/a; proxy_temp_path ${dir}/b; fastcgi_temp_path ${dir}/c; uwsgi_temp_path ${dir}/d; scgi_temp_path ${dir}/e;\n${site}\n}`;
    writeFileSync(join(dir, 'nginx.conf'), main);
    const { status, stderr } = spawnSync(nginx, ['-t', '-c', join(dir, 'nginx.conf'), '-p', dir], { encoding: 'utf8' });
    assert.equal(status, 0, stderr);
  } finally {
    rmSync(dir, { recursive: true });
  }
});

const promtool = '/usr/bin/promtool';
test('Prometheus understands its configuration, and each alert says what it should and nothing else', {
  skip: missingProgram(existsSync(promtool), 'prometheus'),
}, () => {
  const dir = mkdtempSync(join(tmpdir(), 'parley-promtool-'));
  try {
    const rules = join(root, 'deploy/prometheus-rules.yml');
    const config = read('deploy/prometheus.yml').replace('/etc/prometheus/rules.yml', rules);
    assert.ok(config.includes(rules));
    writeFileSync(join(dir, 'prometheus.yml'), config);
    const tests = 'deploy/prometheus-rules.test.yml';
    for (const args of [
      ['check', 'config', join(dir, 'prometheus.yml')],
      ['test', 'rules', join(root, tests)],
    ]) {
      const { status, stdout, stderr } = spawnSync(promtool, args, { encoding: 'utf8' });
      assert.equal(status, 0, stdout + stderr);
    }
    const tested = read(tests);
    const alerts = [...read('deploy/prometheus-rules.yml').matchAll(/alert: (\w+)/g)].map(([, name]) => String(name));
    assert.deepEqual(
      alerts.filter((name) => !tested.includes(name)),
      [],
      'alerts that no test makes fire',
    );
  } finally {
    rmSync(dir, { recursive: true });
  }
});
