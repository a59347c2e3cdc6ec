import { randomBytes } from 'node:crypto';
import { isAbsolute, join, resolve } from 'node:path';
import { readSender } from './mail/mail.ts';
import type { MailServer } from './mail/smtp-mailer.ts';

/** A setting that makes no sense: the start stops with one line that names it. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

export interface Config {
  readonly port: number;
  readonly host: string;
  readonly dataDir: string;
  /** Uploaded files: a folder that all processes of an installation share. */
  readonly filesDir: string;
  /** The warm store. */
  readonly database:
    | { readonly engine: 'sqlite'; readonly path: string }
    /** `connections`: of this process; all processes together stay below the server's `max_connections`. */
    | { readonly engine: 'mysql'; readonly url: string; readonly connections: number };
  /** Queue, presence and what processes tell each other; undefined: this process is alone. */
  readonly redisUrl: string | undefined;
  /** What a 200 to a platform waits for on Redis: its own synced log, or the SQL commit. */
  readonly queueSync: 'redis' | 'sql';
  /** What the queue on Redis is divided into: as many workers can share it. The same in every process. */
  readonly queuePartitions: number;
  readonly archive: ArchiveConfig;
  /** How long it is kept who was there when and when conversations came: more than the longest dry run looks back. */
  readonly routingRecordDays: number;
  readonly adminEmail: string;
  readonly adminPassword: string | undefined;
  readonly role: Role;
  /** As customers reach us, without a trailing slash; undefined: whatever address the request came to. */
  readonly publicUrl: string | undefined;
  /** Signs tokens and file addresses; made up and kept in the data folder when it is not set. */
  readonly secret: string | undefined;
  readonly logLevel: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'silent';
  /** `host:port` pairs that channels may reach although they are in a private network. */
  readonly outboundAllow: readonly string[];
  /** How long an agent without a socket keeps its unanswered conversations. */
  readonly agentGraceMs: number;
  /** How long it keeps those that it has answered, when the customer writes meanwhile. */
  readonly agentAnsweredGraceMs: number;
  /** Over how long a process that ends closes its sockets, so that its clients do not all come back at once. */
  readonly drainMs: number;
  /** Pause after the first try of a callback that could not be processed; it doubles with each try. */
  readonly queueRetryMs: number;
  /** Entries that may wait between gateway and processor before callbacks are answered with 503. */
  readonly queueMaxDepth: number;
  /** Addresses of proxies whose X-Forwarded-* headers are believed. */
  readonly trustProxy: readonly string[];
  /** Whether new visitors of one address, and messages of one visitor, are counted; load tests switch it off. */
  readonly visitorLimits: boolean;
  /** A folder with a sentence-embedding model in the ONNX format; undefined: there is none. */
  readonly embeddingModelDir: string | undefined;
  /** The mail server through which the installation sends; undefined: it sends no e-mail. */
  readonly mail: MailServer | undefined;
}

/** Where messages lie that were closed long ago, and how long anything is kept. */
export interface ArchiveConfig {
  /** Days after which a closed conversation's messages are archived; undefined: they stay where they are. */
  readonly afterDays: number | undefined;
  /** Days after which conversations, messages and files are removed for good; undefined: never. */
  readonly keepDays: number | undefined;
  readonly engine:
    | { readonly name: 'parquet'; readonly dir: string }
    | { readonly name: 'clickhouse'; readonly url: string };
}

/** What a process does: take callbacks and API calls, process and deliver, hold the sockets, or all of it. */
export type Role = (typeof roles)[number];
const roles = ['all', 'gateway', 'worker', 'websocket'] as const;

/** Each costs every process a look now and then, whatever goes through it. */
export const maxQueuePartitions = 1_024;

type Env = Readonly<Record<string, string | undefined>>;

/**
 * Reads every setting from the environment and checks it.
 * @throws ConfigError with one line: the setting, what was expected, what it got
 */
export function readConfig(env: Env, cwd: string = process.cwd()): Config {
  const dataDir = resolve(cwd, env.PARLEY_DATA_DIR ?? './data');
  const role = oneOf(env, 'PARLEY_ROLE', roles, 'all');
  const database = databaseOf(env, dataDir);
  const redisUrl = redis(env.PARLEY_REDIS_URL);
  checkEngines(role, database.engine, redisUrl);
  return {
    port: integer(env, 'PARLEY_PORT', { preset: 8080, min: 0, max: 65_535 }),
    host: env.PARLEY_HOST ?? '127.0.0.1',
    dataDir,
    filesDir: resolve(cwd, env.PARLEY_FILES_DIR ?? join(dataDir, 'files')),
    database,
    redisUrl,
    queueSync: oneOf(env, 'PARLEY_QUEUE_SYNC', ['redis', 'sql'], 'redis'),
    queuePartitions: integer(env, 'PARLEY_QUEUE_PARTITIONS', { preset: 16, min: 1, max: maxQueuePartitions }),
    archive: archive(env, cwd, dataDir, database.engine),
    routingRecordDays: integer(env, 'PARLEY_ROUTING_RECORD_DAYS', { preset: 90, min: 34, max: 3_650 }),
    adminEmail: email(env, 'PARLEY_ADMIN_EMAIL', 'admin@localhost'),
    adminPassword: password(env.PARLEY_ADMIN_PASSWORD),
    role,
    publicUrl: publicUrl(env.PARLEY_PUBLIC_URL),
    secret: secret(env.PARLEY_SECRET),
    logLevel: oneOf(env, 'PARLEY_LOG_LEVEL', ['trace', 'debug', 'info', 'warn', 'error', 'silent'], 'warn'),
    outboundAllow: list(env.PARLEY_OUTBOUND_ALLOW),
    ...graceTimes(env),
    drainMs: integer(env, 'PARLEY_DRAIN_MS', { preset: role === 'websocket' ? 5_000 : 0, min: 0, max: 600_000 }),
    queueRetryMs: integer(env, 'PARLEY_QUEUE_RETRY_MS', { preset: 500, min: 10, max: 60_000 }),
    queueMaxDepth: integer(env, 'PARLEY_QUEUE_MAX', { preset: 100_000, min: 1, max: 100_000_000 }),
    trustProxy: list(env.PARLEY_TRUST_PROXY),
    visitorLimits: oneOf(env, 'PARLEY_VISITOR_LIMITS', ['on', 'off'], 'on') === 'on',
    embeddingModelDir: env.PARLEY_EMBEDDING_MODEL_DIR ? resolve(cwd, env.PARLEY_EMBEDDING_MODEL_DIR) : undefined,
    mail: mail(env),
  };
}

/** A secret for an installation that was given none. */
export function makeSecret(): string {
  return randomBytes(32).toString('base64url');
}

function databaseOf(env: Env, dataDir: string): Config['database'] {
  const url = env.PARLEY_DATABASE_URL;
  if (url === undefined || url === '') return { engine: 'sqlite', path: join(dataDir, 'parley.db') };
  if (/^(mysql|mariadb):/.test(url)) {
    const parsed = URL.parse(url);
    if (parsed === null || parsed.hostname === '' || parsed.pathname.length < 2) {
      throw new ConfigError('PARLEY_DATABASE_URL: expected mysql://user:password@host:port/database.');
    }
    const connections = integer(env, 'PARLEY_DATABASE_CONNECTIONS', { preset: 10, min: 2, max: 1_000 });
    return { engine: 'mysql', url, connections };
  }
  if (!url.startsWith('sqlite:')) {
    const scheme = url.split(':', 1)[0];
    throw new ConfigError(`PARLEY_DATABASE_URL: expected sqlite:<file> or mysql://…, got ${scheme}:.`);
  }
  const path = url.slice('sqlite:'.length).replace(/^\/\/(?=\/)/, '');
  if (path === '') throw new ConfigError('PARLEY_DATABASE_URL: expected sqlite:<file>, got no file.');
  return { engine: 'sqlite', path: isAbsolute(path) ? path : resolve(path) };
}

/**
 * Platforms repeat callbacks for days and clients what they sent offline, so nothing is archived before 30 days. Several
 * processes archive only where the operator has named a place that all of them see.
 */
function archive(env: Env, cwd: string, dataDir: string, database: 'sqlite' | 'mysql'): ArchiveConfig {
  const { PARLEY_ARCHIVE_DIR: dir = '', PARLEY_CLICKHOUSE_URL: url = '' } = env;
  if (url !== '' && !(/^https?:\/\/[^/]/.test(url) && URL.canParse(url))) {
    throw new ConfigError('PARLEY_CLICKHOUSE_URL: expected http(s)://user:password@host:8123/database.');
  }
  if (url !== '' && dir !== '') {
    throw new ConfigError('PARLEY_ARCHIVE_DIR: PARLEY_CLICKHOUSE_URL is set too, and there is one archive; unset one.');
  }
  const isSeenByAll = database === 'sqlite' || dir !== '' || url !== '';
  const preset = isSeenByAll ? 90 : 0;
  const afterDays = integer(env, 'PARLEY_ARCHIVE_AFTER_DAYS', { preset, min: 0, max: 36_500 });
  if (afterDays > 0 && afterDays < 30) {
    throw new ConfigError(`PARLEY_ARCHIVE_AFTER_DAYS: expected 0 (never) or at least 30, got ${afterDays}.`);
  }
  if (afterDays > 0 && !isSeenByAll) {
    throw new ConfigError(
      'PARLEY_ARCHIVE_AFTER_DAYS: needs PARLEY_CLICKHOUSE_URL, or PARLEY_ARCHIVE_DIR with a folder that all processes share.',
    );
  }
  const keepDays = integer(env, 'PARLEY_RETENTION_DAYS', { preset: 0, min: 0, max: 36_500 });
  return {
    afterDays: afterDays === 0 ? undefined : afterDays,
    keepDays: keepDays === 0 ? undefined : keepDays,
    engine:
      url === ''
        ? { name: 'parquet', dir: resolve(cwd, dir === '' ? join(dataDir, 'archive') : dir) }
        : { name: 'clickhouse', url },
  };
}

function redis(url: string | undefined): string | undefined {
  if (url === undefined || url === '') return undefined;
  if (!url.split(',').every((one) => /^rediss?:\/\/[^/]/.test(one.trim()) && URL.canParse(one.trim()))) {
    throw new ConfigError('PARLEY_REDIS_URL: expected redis://host:port, or several of them with commas between.');
  }
  return url;
}

/** One file cannot serve several processes, and several processes need a way to tell each other. */
function checkEngines(role: Role, engine: 'sqlite' | 'mysql', redisUrl: string | undefined): void {
  if (engine === 'sqlite' && redisUrl !== undefined) {
    throw new ConfigError(
      'PARLEY_REDIS_URL: several processes need PARLEY_DATABASE_URL=mysql://… too; one process on SQLite needs no Redis.',
    );
  }
  if (role !== 'all' && redisUrl === undefined) {
    throw new ConfigError(`PARLEY_ROLE: ${role} needs PARLEY_REDIS_URL and PARLEY_DATABASE_URL=mysql://…`);
  }
}
/** Who was helped has three times as long to be helped on by the same agent, where nothing else is said. */
function graceTimes(env: Env): Pick<Config, 'agentGraceMs' | 'agentAnsweredGraceMs'> {
  const bounds = { min: 0, max: 3_600_000 };
  const agentGraceMs = integer(env, 'PARLEY_AGENT_GRACE_MS', { preset: 30_000, ...bounds });
  const preset = Math.min(3 * agentGraceMs, bounds.max);
  return { agentGraceMs, agentAnsweredGraceMs: integer(env, 'PARLEY_AGENT_ANSWERED_GRACE_MS', { preset, ...bounds }) };
}

function integer(env: Env, name: string, range: { preset: number; min: number; max: number }): number {
  const text = env[name];
  if (text === undefined || text === '') return range.preset;
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < range.min || value > range.max) {
    throw new ConfigError(
      `${name}: expected a whole number from ${range.min} to ${range.max}, got ${JSON.stringify(text)}.`,
    );
  }
  return value;
}

function oneOf<const T extends readonly string[]>(env: Env, name: string, allowed: T, preset: T[number]): T[number] {
  const value = env[name];
  if (value === undefined || value === '') return preset;
  if (!allowed.includes(value)) {
    throw new ConfigError(`${name}: expected ${allowed.join(', ')}, got ${JSON.stringify(value)}.`);
  }
  return value;
}

function email(env: Env, name: string, preset: string): string {
  const value = (env[name] ?? preset).trim().toLowerCase();
  if (!/^[^\s@]+@[^\s@]+$/.test(value) || value.length > 190) {
    throw new ConfigError(`${name}: expected an e-mail address, got ${JSON.stringify(value)}.`);
  }
  return value;
}

function password(value: string | undefined): string | undefined {
  if (value === undefined || value === '') return undefined;
  if (value.length < 8) throw new ConfigError('PARLEY_ADMIN_PASSWORD: expected at least 8 characters.');
  return value;
}

function secret(value: string | undefined): string | undefined {
  if (value === undefined || value === '') return undefined;
  if (value.length < 16) throw new ConfigError('PARLEY_SECRET: expected at least 16 characters.');
  return value;
}

/** Its password is in none of these messages. */
function mail({ PARLEY_SMTP_URL: url = '', PARLEY_MAIL_FROM: from = '' }: Env): Config['mail'] {
  if (url === '' && from === '') return undefined;
  if (url === '') throw new ConfigError('PARLEY_MAIL_FROM: needs PARLEY_SMTP_URL too.');
  const parsed = URL.parse(url);
  if (parsed === null || !/^smtps?:$/.test(parsed.protocol) || parsed.hostname === '')
    throw new ConfigError('PARLEY_SMTP_URL: expected smtp://user:password@host:587 or smtps://…');
  const sender = readSender(from);
  if (sender === undefined)
    throw new ConfigError(
      'PARLEY_MAIL_FROM: expected an address, or Name <address>: mail needs somebody whom it is from.',
    );
  const isSecure = parsed.protocol === 'smtps:';
  const name = decodeURIComponent(parsed.username);
  return {
    ...{ host: parsed.hostname, isSecure, from: sender },
    port: parsed.port === '' ? (isSecure ? 465 : 587) : Number(parsed.port),
    user: name === '' ? undefined : { name, password: decodeURIComponent(parsed.password) },
  };
}

function publicUrl(value: string | undefined): string | undefined {
  if (value === undefined || value === '') return undefined;
  if (!/^https?:\/\//.test(value) || !URL.canParse(value)) {
    throw new ConfigError(`PARLEY_PUBLIC_URL: expected http(s)://host, got ${JSON.stringify(value)}.`);
  }
  return value.replace(/\/+$/, '');
}

function list(value: string | undefined): string[] {
  return (value ?? '')
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
}
