import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { missingProgram } from '../server/testing/child-server.ts';

const root = dirname(import.meta.dirname);
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const files = globSync(['deploy/**/*', 'docs/{cluster,deploy}.md'], { cwd: root, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => join(entry.parentPath, entry.name));
const deployment = [join(root, 'Dockerfile'), ...files].map((path) => ({ path, text: readFileSync(path, 'utf8') }));

test('every setting that the deployment and its pages name is one that the server reads', () => {
  const config = read('server/config.ts');
  // Of the load balancer's template, and not of the server.
  const others = new Set(['PARLEY_BACKEND_PORT']);
  let seen = 0;
  for (const { path, text } of deployment) {
    for (const [name] of text.matchAll(/\bPARLEY_[A-Z][A-Z_]*[A-Z]\b/g)) {
      seen += 1;
      assert.ok(others.has(name) || config.includes(`'${name}'`) || config.includes(`env.${name}`), `${path}: ${name}`);
    }
  }
  assert.ok(seen > 40);
});

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
