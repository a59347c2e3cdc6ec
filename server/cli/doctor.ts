import type { Config } from '../config.ts';
import { checkArchive, checkStranded } from './check-archive.ts';
import { checkDatabase } from './check-database.ts';
import { checkEmbeddingModel } from './check-embedding-model.ts';
import { checkFolder, checkNode, checkPort, isServing } from './check-machine.ts';
import { checkRedisServer } from './check-redis.ts';
import { checkChoices, checkSettings } from './check-settings.ts';
import { type Command, readArguments } from './command.ts';
import { count, describeFindings, type Finding } from './finding.ts';

/** Says what is wrong with a configuration, and what to do, without starting the server. */
export const doctor: Command = {
  name: 'doctor',
  summary: 'check the configuration and what it names, and say what to do',
  usage: `usage: parley doctor

Checks the settings in the environment, the folders, the port, the database, Redis, the archive and the embedding
model as the server will use them.
Each line is ok, a warning or a problem; what to do stands below. Nothing is changed, but for missing folders, which are
made. It may run beside the server.

Ends with 1 when there is a problem.
`,
  run: async (args, { out, env }) => {
    readArguments(args, {});
    const findings = await examine(env);
    out(withoutSecrets(describeFindings(findings), env));
    return count(findings, 'problem') > 0 ? 1 : 0;
  },
};

async function examine(env: Readonly<Record<string, string | undefined>>): Promise<Finding[]> {
  const { findings, config } = checkSettings(env);
  const first = [checkNode(), ...findings];
  return config === undefined ? first : [...first, ...(await examineParts(config))];
}

async function examineParts(config: Config): Promise<Finding[]> {
  const isRunning = await isServing(config);
  return [
    ...checkChoices(config),
    ...(await checkFolder('PARLEY_DATA_DIR', config.dataDir)),
    ...(await checkFolder('PARLEY_FILES_DIR', config.filesDir)),
    await checkPort(config, isRunning),
    ...(await checkDatabase(config, isRunning)),
    ...(await checkRedisServer(config)),
    ...(await checkArchive(config.archive)),
    ...(await checkStranded(config)),
    ...(await checkEmbeddingModel(config.embeddingModelDir)),
  ];
}

/** No finding names a secret; a server's or a library's words may, so they are looked through. */
function withoutSecrets(text: string, env: Readonly<Record<string, string | undefined>>): string {
  const { PARLEY_DATABASE_URL: database, PARLEY_CLICKHOUSE_URL: clickHouse, PARLEY_SMTP_URL: mail } = env;
  const addresses = [database, clickHouse, mail, ...(env.PARLEY_REDIS_URL ?? '').split(',')];
  const passwords = addresses.map((address) => URL.parse(address?.trim() ?? '')?.password ?? '');
  const secrets = [env.PARLEY_SECRET, env.PARLEY_ADMIN_PASSWORD, ...passwords, ...passwords.map(decoded)];
  return secrets
    .filter((secret) => secret !== undefined && secret.length >= 6)
    .reduce<string>((kept, secret) => kept.replaceAll(secret as string, '***'), text);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
