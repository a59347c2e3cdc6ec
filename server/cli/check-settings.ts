import { type Config, ConfigError, readConfig } from '../config.ts';
import { type Finding, ok, problem, warning } from './finding.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** Read only where another setting asks for it, so that a first reading does not meet them. */
const readSometimes: ReadonlySet<string> = new Set(['PARLEY_DATABASE_CONNECTIONS']);

/** Stands in for a setting that was found wrong, so that no further one is blamed for its absence. */
const standIns: Env = { PARLEY_DATABASE_URL: 'mysql://host/database', PARLEY_REDIS_URL: 'redis://host' };

/**
 * Reads the settings as the server does, but past the first mistake: one finding for each.
 * @returns `config` when the server would start with them
 */
export function checkSettings(env: Env): { findings: Finding[]; config: Config | undefined } {
  const findings: Finding[] = [];
  const known = new Set(readSometimes);
  const given: Record<string, string | undefined> = { ...env };
  const seen = new Set<string>();
  for (;;) {
    try {
      const config = readConfig(noting(given, known));
      if (findings.length > 0) return { findings, config: undefined };
      return { findings: [ok('The settings make sense.'), ...unknownSettings(env, known)], config };
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      const [name = ''] = error.message.split(':', 1);
      if (seen.has(name)) return { findings, config: undefined };
      seen.add(name);
      findings.push(problem(error.message, `Correct ${name}; the server does not start with it.`));
      given[name] = standIns[name];
    }
  }
}

/** The same settings, and which of them somebody asked for. */
function noting(env: Env, names: Set<string>): Env {
  return new Proxy(env, {
    get: (target, name) => {
      names.add(String(name));
      return Reflect.get(target, name) as string | undefined;
    },
  });
}

function unknownSettings(env: Env, known: ReadonlySet<string>): Finding[] {
  return Object.keys(env)
    .filter((name) => name.startsWith('PARLEY_') && !name.startsWith('PARLEY_TEST_') && !known.has(name))
    .map((name) => warning(`${name} is no setting of Parley and has no effect.`, 'Correct its name, or remove it.'));
}

/** What is allowed and yet rarely meant. */
export function checkChoices(config: Config): Finding[] {
  return [publicAddress(config), ...severalProcesses(config)];
}

function publicAddress({ publicUrl }: Config): Finding {
  const todo = 'Set PARLEY_PUBLIC_URL to the https:// address under which customers and platforms reach Parley.';
  if (publicUrl === undefined) {
    return warning('PARLEY_PUBLIC_URL is not set: links and callback addresses follow each request.', todo);
  }
  if (!publicUrl.startsWith('https:')) {
    return warning(
      `PARLEY_PUBLIC_URL is ${publicUrl}, without TLS: browsers refuse microphone and secure cookies there.`,
      todo,
    );
  }
  return ok(`PARLEY_PUBLIC_URL is ${publicUrl}.`);
}

function severalProcesses({ redisUrl, secret, filesDir, dataDir }: Config): Finding[] {
  if (redisUrl === undefined) return [];
  const findings = [];
  if (secret === undefined) {
    findings.push(
      warning(
        'PARLEY_SECRET is not set: the first process makes one and keeps it in the database, beside what it protects.',
        'Set the same PARLEY_SECRET (16 characters or more, random) in every process.',
      ),
    );
  } else findings.push(ok('PARLEY_SECRET is set.'));
  if (`${filesDir}/`.startsWith(`${dataDir}/`)) {
    findings.push(
      warning(
        `PARLEY_FILES_DIR is ${filesDir}, inside the data folder of this process: other processes do not find what people upload here.`,
        'Set PARLEY_FILES_DIR to a folder that all processes share.',
      ),
    );
  }
  return findings;
}
