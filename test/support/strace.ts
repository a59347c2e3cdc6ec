import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Whether faults can be put under a process here; the Debian package is called `strace`. */
export const hasStrace = spawnSync('strace', ['-V']).status === 0;

/** One call of fsync or fdatasync, in epoch milliseconds. */
export interface Sync {
  readonly path: string;
  readonly startedAt: number;
  /** When it came back to the program, with success or without. */
  readonly returnedAt: number;
  readonly failed: boolean;
}

/** A fault under a running process. */
export interface Fault {
  /** Takes it away, and tells every sync that the process made meanwhile. */
  end(): Promise<Sync[]>;
}

/**
 * Puts a fault under every sync of a running process.
 *
 * @param fault as strace's `inject` takes it: `delay_enter=150000` (microseconds), `error=EIO`
 * @throws Error when the process cannot be traced (not ours, or ptrace is restricted)
 */
export async function faultInSyncs(pid: number, fault: string): Promise<Fault> {
  const dir = await mkdtemp(join(tmpdir(), 'parley-strace-'));
  const log = join(dir, 'log');
  const calls = ['-e', 'trace=fsync,fdatasync', '-e', `inject=fsync,fdatasync:${fault}`];
  // -f: every thread; -ttt -T: when, and for how long; -y: which file.
  const args = ['-f', '-ttt', '-T', '-y', '-o', log, ...calls, '-p', String(pid)];
  const tracer = spawn('strace', args, { stdio: ['ignore', 'ignore', 'pipe'] });
  const ended = once(tracer, 'close');
  let said = '';
  await new Promise<void>((resolve, reject) => {
    tracer.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      if (/attached/.test(said)) resolve();
    });
    tracer.once('close', () => reject(new Error(`strace: ${said}`)));
  });
  return {
    end: async () => {
      tracer.kill('SIGINT');
      await ended;
      const syncs = parse(await readFile(log, 'utf8'));
      await rm(dir, { recursive: true });
      return syncs;
    },
  };
}

/** `12 1795452374.900501 fsync(32</data/parley.db-wal>) = 0 (DELAYED) <0.150469>`, whole or in two lines. */
function parse(log: string): Sync[] {
  const open = new Map<string, { path: string; startedAt: number }>();
  const syncs: Sync[] = [];
  for (const line of log.split('\n')) {
    const [, thread = '', seconds = '', rest = ''] = /^(\d+)\s+(\d+\.\d+) (.*)$/.exec(line) ?? [];
    const at = Number(seconds) * 1_000;
    const path = /^f(?:data)?sync\(\d+<(.*?)>/.exec(rest)?.[1];
    if (path !== undefined) open.set(thread, { path, startedAt: at });
    const [, result = '', took = ''] = /\) += (-?\d+).*<(\d+\.\d+)>$/.exec(rest) ?? [];
    const begun = open.get(thread);
    if (result === '' || begun === undefined) continue;
    open.delete(thread);
    syncs.push({ ...begun, returnedAt: begun.startedAt + Number(took) * 1_000, failed: result !== '0' });
  }
  return syncs;
}
