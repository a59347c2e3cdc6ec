import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import type { Clock } from '../base/clock.ts';
import { readConfig } from '../config.ts';
import { runProgram } from '../program.ts';

/** A whole server in this process, on a free port and an empty data folder, with somebody signed in. */
export interface RunningProgram extends AsyncDisposable {
  readonly address: string;
  /** Who is signed in. */
  readonly account: { readonly email: string; readonly password: string };
  /** Calls the API as the administrator; answers the body, or throws what the problem document says. */
  api<T = Record<string, unknown>>(method: string, path: string, body?: unknown): Promise<T>;
}

/** @param clock the time by which it lives; absent: the machine's */
export async function startProgram(env: Readonly<Record<string, string>> = {}, clock?: Clock): Promise<RunningProgram> {
  const dir = await mkdtemp(join(tmpdir(), 'parley-program-'));
  const account = { email: 'admin@example.com', password: 'correct horse battery' };
  const config = readConfig({
    PARLEY_PORT: '0',
    PARLEY_DATA_DIR: dir,
    PARLEY_ADMIN_EMAIL: account.email,
    PARLEY_ADMIN_PASSWORD: account.password,
    // All visitors come from one address, and write faster than people.
    PARLEY_VISITOR_LIMITS: 'off',
    ...env,
  });
  const program = await runProgram(config, pino({ level: 'silent' }), clock);
  let token: string | undefined;

  async function api<T>(method: string, path: string, body?: unknown): Promise<T> {
    const answer = await fetch(program.address + path, {
      method,
      headers: {
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return (text === '' ? undefined : JSON.parse(text)) as T;
  }

  ({ token } = await api<{ token: string }>('POST', '/api/v1/login', account));
  return {
    address: program.address,
    account,
    api,
    [Symbol.asyncDispose]: async () => {
      await program.stop();
      await rm(dir, { recursive: true });
    },
  };
}

/** Waits until the condition gives a value; a test that would wait for ever fails by its own time-out. */
export async function until<T>(look: () => Promise<T | undefined | false> | T | undefined | false): Promise<T> {
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
