import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { Deployment } from 'kubernetes-models/apps/v1/Deployment';
import { HorizontalPodAutoscaler } from 'kubernetes-models/autoscaling/v2/HorizontalPodAutoscaler';
import { Ingress } from 'kubernetes-models/networking.k8s.io/v1/Ingress';
import { PodDisruptionBudget } from 'kubernetes-models/policy/v1/PodDisruptionBudget';
import { PersistentVolumeClaim } from 'kubernetes-models/v1/PersistentVolumeClaim';
import { Service } from 'kubernetes-models/v1/Service';
import Schema from 'typebox/schema';
import { parse } from 'yaml';
import { readConfig } from '../server/config.ts';
import { type Manifest, renderChart } from './support/chart.ts';

const root = dirname(import.meta.dirname);
const chart = join(root, 'deploy/helm/parley');
const given = { existingSecret: 'parley' };
/** Every choice that a template makes, made both ways. */
const variants = {
  'as it comes': given,
  'with an archive and scaling': {
    ...given,
    archive: { enabled: true, keepDays: 365 },
    autoscaling: { enabled: true },
    settings: { PARLEY_DATABASE_CONNECTIONS: 6, PARLEY_LOG_LEVEL: 'info' },
  },
  'with a volume, a certificate and the other queue': {
    ...given,
    queueSync: 'sql',
    files: { existingClaim: 'shared', storageClass: 'fast' },
    ingress: { tlsSecret: 'cert' },
  },
  'without an ingress': { ...given, ingress: { enabled: false } },
};
const rendered = Object.entries(variants).map(([name, values]) => ({ name, manifests: renderChart(chart, values) }));
const all = (kind: string) =>
  rendered.flatMap(({ manifests }) => manifests.filter((manifest) => manifest.kind === kind));
const find = (manifests: readonly Manifest[], kind: string, name?: string) =>
  manifests.find((one) => one.kind === kind && (name === undefined || one.metadata.name === name));

/** The keys of the Secret that docs/deploy.md has operators make. */
const secret: Readonly<Record<string, string>> = {
  'database-url': 'mysql://parley:secret@mysql:3306/parley',
  'redis-url': 'redis://:secret@redis:6379',
  secret: 'a secret of 16 and more',
  'admin-email': 'you@example.com',
  'admin-password': 'long enough',
  'clickhouse-url': 'http://parley:secret@clickhouse:8123/parley',
};

test('what the chart renders is what Kubernetes’ own schemas ask for', () => {
  const kinds = { Deployment, HorizontalPodAutoscaler, Ingress, PersistentVolumeClaim, PodDisruptionBudget, Service };
  const seen = new Set<string>();
  for (const { name, manifests } of rendered) {
    const names = manifests.map(({ kind, metadata }) => `${kind} ${metadata.name}`);
    assert.equal(new Set(names).size, names.length, `${name}: every object once`);
    for (const manifest of manifests) {
      const kind = kinds[manifest.kind as keyof typeof kinds];
      assert.ok(kind, manifest.kind);
      assert.doesNotThrow(() => new kind(manifest as never).validate(), `${name}: ${manifest.metadata.name}`);
      seen.add(manifest.kind);
    }
  }
  assert.deepEqual([...seen].sort(), Object.keys(kinds));
});

test('the values are what their schema says, and the mistakes that it knows are refused', () => {
  const schema = JSON.parse(readFileSync(join(chart, 'values.schema.json'), 'utf8')) as object;
  const values = parse(readFileSync(join(chart, 'values.yaml'), 'utf8')) as Record<string, unknown>;
  assert.ok(Schema.Check(schema, values));
  for (const wrong of [
    { publicUrl: 'chat.example.com' },
    { queueSync: 'kafka' },
    { settings: { LOG_LEVEL: 'info' } },
    { drainSeconds: '10s' },
  ]) {
    assert.ok(!Schema.Check(schema, { ...values, ...wrong }), JSON.stringify(wrong));
  }
  assert.throws(() => renderChart(chart), /existingSecret/);
});

test('every process starts with what its pod gives it, and writes only where something is mounted', () => {
  const [plain] = rendered;
  const replicas = ['gateway', 'worker', 'websocket'].map(
    (role) => find(plain?.manifests ?? [], 'Deployment', `shop-${role}`)?.spec.replicas,
  );
  assert.deepEqual(replicas, [3, 2, 5]);
  for (const deployment of all('Deployment')) {
    const { selector, template } = deployment.spec;
    for (const [label, value] of Object.entries(selector.matchLabels)) {
      assert.equal(template.metadata.labels[label], value);
    }
    const { containers, volumes, securityContext, terminationGracePeriodSeconds } = template.spec;
    const [container] = containers;
    const env: Record<string, string> = { ...imageEnv() };
    for (const { name, value, valueFrom } of container.env) {
      assert.ok(valueFrom === undefined || valueFrom.secretKeyRef.name === 'parley');
      const text = value ?? secret[valueFrom.secretKeyRef.key];
      assert.equal(typeof text, 'string', name);
      env[name] = text;
    }
    const config = readConfig(env);
    assert.equal(`shop-${config.role}`, deployment.metadata.name);
    assert.ok(config.drainMs / 1_000 < terminationGracePeriodSeconds, 'the drain ends before the pod is killed');
    assert.equal(container.ports[0].containerPort, config.port);
    for (const probe of ['startupProbe', 'livenessProbe', 'readinessProbe']) {
      assert.equal(container[probe].httpGet.port, container.ports[0].name);
    }
    const mounts = container.volumeMounts.map((mount: { name: string }) => mount.name);
    assert.deepEqual(mounts.toSorted(), volumes.map((volume: { name: string }) => volume.name).toSorted());
    const paths = container.volumeMounts.map((mount: { mountPath: string }) => mount.mountPath);
    for (const path of [config.dataDir, config.filesDir, '/tmp']) assert.ok(paths.includes(path), path);
    assert.ok(securityContext.runAsNonRoot && securityContext.fsGroup > 0, 'volumes belong to who runs');
    assert.ok(container.securityContext.readOnlyRootFilesystem);
  }
});

test('what points at something points at something that is there', () => {
  for (const { name, manifests } of rendered) {
    const labels = manifests
      .filter(({ kind }) => kind === 'Deployment')
      .map(({ spec }) => spec.template.metadata.labels);
    const selects = (selector: Record<string, string>) =>
      labels.some((of) => Object.entries(selector).every(([label, value]) => of[label] === value));
    for (const { kind, spec } of manifests) {
      if (kind === 'Service') assert.ok(selects(spec.selector), name);
      if (kind === 'PodDisruptionBudget') assert.ok(selects(spec.selector.matchLabels), name);
      if (kind === 'HorizontalPodAutoscaler') {
        const target = find(manifests, 'Deployment', spec.scaleTargetRef.name);
        assert.ok(target !== undefined && target.spec.replicas === undefined, 'one of them says how many');
      }
      if (kind !== 'Ingress') continue;
      for (const { backend } of spec.rules[0].http.paths) {
        const service = find(manifests, 'Service', backend.service.name);
        assert.equal(service?.spec.ports[0].name, backend.service.port.name);
      }
    }
    const claim = find(manifests, 'PersistentVolumeClaim')?.metadata.name ?? 'shared';
    for (const { kind, spec } of manifests) {
      if (kind !== 'Deployment') continue;
      const files = spec.template.spec.volumes.find((volume: { name: string }) => volume.name === 'files');
      assert.equal(files.persistentVolumeClaim.claimName, claim);
    }
  }
});

test('the ingress sends all that the server answers to where it is answered, and nothing that is not for the public', () => {
  const paths = all('Ingress').flatMap(({ spec }) => spec.rules[0].http.paths);
  /** As an ingress chooses: what is equal first, then the longest of the beginnings. */
  const serviceOf = (url: string): string | undefined => {
    const exact = paths.find(({ path, pathType }) => pathType === 'Exact' && path === url);
    const begins = paths
      .filter(({ path, pathType }) => pathType === 'Prefix' && (url === path || url.startsWith(`${path}/`)))
      .toSorted((a, b) => b.path.length - a.path.length);
    return (exact ?? begins[0])?.backend.service.name;
  };
  const routes = globSync('server/http/*.ts', { cwd: root, exclude: ['**/*.test.ts'] }).flatMap((file) =>
    [
      ...readFileSync(join(root, file), 'utf8').matchAll(
        /^\s*(?:(?:app|scope)\.\w+\(|for \(const url of \[|)'(\/[^']*)'[,\]]/gm,
      ),
    ].map(([, path = '']) => path),
  );
  assert.ok(routes.length > 40, `${routes.length} routes were found`);
  const hidden = new Set(['/metrics', '/readyz']);
  for (const path of routes) {
    // What answers a browser's question before a request, wherever that goes.
    if (path === '/*') continue;
    const expected = hidden.has(path) ? undefined : path === '/api/v1/visitor/poll' ? 'shop-websocket' : 'shop-gateway';
    assert.equal(serviceOf(path), expected, path);
  }
  for (const path of ['/ws/visitor', '/ws/agent']) assert.equal(serviceOf(path), 'shop-websocket');
});

/** What the image sets by itself. */
function imageEnv(): Record<string, string> {
  const [, text = ''] = /^ENV ((?:.*\\\n)*.*)$/m.exec(readFileSync(join(root, 'Dockerfile'), 'utf8')) ?? [];
  return Object.fromEntries(text.split(/\\?\s+/).flatMap((pair) => (pair.includes('=') ? [pair.split('=')] : [])));
}
