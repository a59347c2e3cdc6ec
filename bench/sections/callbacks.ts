import { DatabaseSync } from 'node:sqlite';
import type { CallbackCommands, CallbackKind, CallbackResult } from '../callback-client.ts';
import type { Options } from '../options.ts';
import { parleyApi, signIn } from '../parley-api.ts';
import { secret } from '../references/hmac.ts';
import { type Check, row, type Section } from '../report.ts';
import { type ParleyProcess, startParley, startReference } from '../server-process.ts';
import { wechatAccount } from '../wechat-account.ts';
import { startWorker } from '../worker-process.ts';

const channelOf = {
  webhook: { type: 'webhook', name: 'Benchmark', settings: { inboundSecret: secret } },
  wechat: { type: 'wechat-official', name: 'Benchmark', settings: { ...wechatAccount } },
} as const;

const texts = {
  webhook: {
    title: 'Webhook intake: signed callbacks, verified and kept',
    what: 'Callbacks are signed as Standard Webhooks say (HMAC-SHA256).',
  },
  wechat: {
    title: 'WeChat intake: encrypted callbacks, verified, decrypted and kept',
    what: 'Callbacks are those of a WeChat official account in safe mode: AES-256 and a signature around XML.',
  },
} as const;

type Round = { parley: CallbackResult; processedPerSecond: number; http: CallbackResult; fastify: CallbackResult };

/** Callbacks a second that a platform can post, each verified and synced to the disk before its 200. */
export async function measureCallbacks(kind: CallbackKind, options: Options): Promise<Section> {
  await using server = await startParley();
  await using http = await startReference('http-hmac');
  await using fastify = await startReference('fastify-hmac');
  await using client = startWorker<CallbackCommands>(new URL('../callback-client.ts', import.meta.url));
  const channelId = await createChannel(server, kind);
  const path = `/hooks/${channelId}`;
  const plan = {
    path,
    count: options.callbacks,
    contacts: options.contacts,
    connections: options.callbackConnections,
    withinMs: options.callbacksMs,
  };
  const post = (to: { port: number; pid: number }, callbacks: CallbackKind) =>
    client.call('post', { ...plan, kind: callbacks, port: to.port, pid: to.pid });
  let posted = 0;
  const rounds: Round[] = [];
  for (let i = 0; i < options.callbackWarmRounds + options.rounds; i++) {
    const bareHttp = await post(http, 'webhook');
    const bareFastify = await post(fastify, 'webhook');
    const parley = await post(server, kind);
    await untilProcessed(server);
    const processedPerSecond = parley.answered / ((Date.now() - parley.startedAt) / 1_000);
    posted += parley.statuses[200] ?? 0;
    if (i >= options.callbackWarmRounds)
      rounds.push({ parley, processedPerSecond, http: bareHttp, fastify: bareFastify });
  }
  return {
    id: kind,
    ...describe(kind, options),
    rows: rowsOf(rounds),
    checks: [...checkAnswers(rounds), checkStored(server.databasePath, channelId, posted)],
  };
}

function describe(kind: CallbackKind, { callbacks, callbackConnections, callbackWarmRounds, contacts }: Options) {
  const { title, what } = texts[kind];
  return {
    title,
    explanation: [
      what,
      `Up to ${callbacks.toLocaleString('en-US')} a round, prepared before the clock starts,`,
      `from ${contacts.toLocaleString('en-US')} contacts over ${callbackConnections} kept connections, one request at a time on each. A 200 means: verified,`,
      'and synced to the disk. "In conversations" counts until the last one is a message in a conversation, too. The bare',
      `servers check one HMAC, answer 200 and keep nothing. Rounds before the first that counts, to warm up: ${callbackWarmRounds}.`,
    ],
  };
}

function rowsOf(rounds: readonly Round[]) {
  const of = (read: (round: Round) => number) => rounds.map(read);
  const http = (read: (result: CallbackResult) => number) => ({
    name: 'bare node:http, HMAC checked',
    rounds: of((round) => read(round.http)),
  });
  const fastify = (read: (result: CallbackResult) => number) => ({
    name: 'bare Fastify, HMAC checked',
    rounds: of((round) => read(round.fastify)),
  });
  const perSecond = of((round) => round.parley.perSecond);
  const cpu = of((round) => round.parley.serverCpuUs);
  return [
    row(
      'callbacks answered 200',
      '1/s',
      perSecond,
      http((result) => result.perSecond),
    ),
    row(
      'callbacks answered 200',
      '1/s',
      perSecond,
      fastify((result) => result.perSecond),
    ),
    row(
      'callbacks in conversations',
      '1/s',
      of((round) => round.processedPerSecond),
    ),
    row(
      'server CPU until the last 200, each',
      'µs',
      cpu,
      http((result) => result.serverCpuUs),
    ),
    row(
      'server CPU until the last 200, each',
      'µs',
      cpu,
      fastify((result) => result.serverCpuUs),
    ),
  ];
}

export async function createChannel(
  server: Pick<ParleyProcess, 'port' | 'account'>,
  kind: CallbackKind,
): Promise<string> {
  const api = parleyApi(server.port, await signIn(server.port, server.account));
  const { id } = await api.post<{ id: string }>('/api/v1/channels', channelOf[kind]);
  return id;
}

/** Until nothing waits between the gateway and the conversations. */
export async function untilProcessed({ port }: Pick<ParleyProcess, 'port'>): Promise<void> {
  for (;;) {
    const answer = await fetch(`http://127.0.0.1:${port}/metrics`);
    const ready = /^parley_jobs_ready (\d+)/m.exec(await answer.text())?.[1];
    if (ready === undefined) throw new Error('/metrics does not tell parley_jobs_ready.');
    if (ready === '0') return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function checkAnswers(rounds: readonly Round[]): Check[] {
  const others = rounds
    .flatMap(({ parley, http, fastify }) => [parley, http, fastify])
    .flatMap(({ statuses }) => Object.entries(statuses))
    .filter(([status]) => status !== '200');
  return [
    {
      claim: 'every callback was answered with 200',
      holds: others.length === 0,
      detail:
        others.length === 0 ? 'no other status' : others.map(([status, count]) => `${count} × ${status}`).join(', '),
    },
  ];
}

/** Looks into the file beside the server, as any other program may. */
function checkStored(databasePath: string, channelId: string, posted: number): Check {
  using db = new DatabaseSync(databasePath, { readOnly: true });
  const count = (statement: string) => (db.prepare(statement).get(channelId) as { found: number }).found;
  const messages = count(
    'select count(*) as found from messages m join conversations c on c.id = m.conversation_id where c.channel_id = ?',
  );
  const externalIds = count('select count(distinct external_id) as found from received_ids where channel_id = ?');
  const dead = count('select count(*) as found from inbound_dead where channel_id = ?');
  return {
    claim: 'every callback that had its 200 is one message of a conversation, once',
    holds: messages === posted && externalIds === posted && dead === 0,
    detail: `${posted} answered, ${messages} messages, ${externalIds} platform ids, ${dead} dead letters`,
  };
}
