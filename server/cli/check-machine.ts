import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, open, statfs, unlink } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import type { Config } from '../config.ts';
import { type Finding, ok, problem, warning } from './finding.ts';

const oldestNode = 26;
/** Below it the first busy day fills the disk; below the other one a start is the last thing that fits. */
const littleSpaceBytes = 2 * 1024 ** 3;
const noSpaceBytes = 200 * 1024 ** 2;
/** `f_type` of file systems that lie behind a network: NFS, SMB, SMB 2, CIFS. */
const networkFileSystems: ReadonlySet<number> = new Set([0x6969, 0x517b, 0xfe534d42, 0xff534d42]);

/** @param version as in `process.versions.node` */
export function checkNode(version: string = process.versions.node): Finding {
  if (Number.parseInt(version, 10) >= oldestNode) return ok(`Node ${version}.`);
  return problem(`Node ${version} is too old.`, `Run Parley on Node ${oldestNode} or later.`);
}

/** Tries what the server will do with a folder: make it, write to it durably. Leaves the folder behind. */
export async function checkFolder(setting: string, path: string): Promise<Finding[]> {
  try {
    await mkdir(path, { recursive: true });
    const probe = join(path, `.doctor-${randomUUID()}`);
    const file = await open(probe, 'wx', 0o600);
    try {
      await file.writeFile('probe');
      await file.sync();
    } finally {
      await file.close();
      await unlink(probe);
    }
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException;
    const isFull = code === 'ENOSPC' || code === 'EDQUOT';
    const todo = isFull
      ? 'Free some space, or move it to a larger disk.'
      : `Give the user of the process the right to write there, or set ${setting} to another folder.`;
    return [problem(`${setting}: ${path} cannot be written to: ${message}.`, todo)];
  }
  return [ok(`${setting}: ${path} can be written to.`), await checkSpace(setting, path)];
}

async function checkSpace(setting: string, path: string): Promise<Finding> {
  const { bavail, bsize } = await statfs(path);
  const free = bavail * bsize;
  const text = `${setting}: ${(free / 1024 ** 3).toFixed(1)} GiB are free.`;
  const todo = 'Free some space, or move it to a larger disk: a full disk stops all that is written.';
  if (free < noSpaceBytes) return problem(text, todo);
  return free < littleSpaceBytes ? warning(text, todo) : ok(text);
}

/** SQLite's write-ahead log needs memory that all who open the file share, which no network file system has. */
export async function checkLocalDisk(databasePath: string): Promise<Finding[]> {
  const { type } = await statfs(dirname(databasePath)).catch(() => ({ type: 0 }));
  if (!networkFileSystems.has(type)) return [];
  return [
    problem(
      `PARLEY_DATABASE_URL: ${databasePath} lies on a network file system, where SQLite loses data.`,
      'Move it to a local disk, or set PARLEY_DATABASE_URL=mysql://….',
    ),
  ];
}

/** Whether a server of ours answers where this configuration would listen. */
export async function isServing({ host, port }: Config): Promise<boolean> {
  if (port === 0) return false;
  const named = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '[::1]' : host.includes(':') ? `[${host}]` : host;
  try {
    const metrics = await fetch(`http://${named}:${port}/metrics`, { signal: AbortSignal.timeout(2_000) });
    return /^parley_/m.test(await metrics.text());
  } catch {
    return false;
  }
}

/** Listens for a moment where the server will. */
export async function checkPort({ host, port }: Config, isRunning: boolean): Promise<Finding> {
  if (isRunning) return ok(`PARLEY_PORT: Parley is running on ${host}:${port}.`);
  const server = createServer();
  try {
    server.listen(port, host);
    await once(server, 'listening');
    return ok(`PARLEY_PORT: ${host}:${port} is free.`);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'EADDRINUSE') {
      return problem(
        `PARLEY_PORT: ${port} is in use by another program.`,
        'Stop that program, or choose another port.',
      );
    }
    if (code === 'EACCES') {
      return problem(`PARLEY_PORT: no permission to listen on ${port}.`, 'Choose a port from 1024 on, behind a proxy.');
    }
    return problem(
      `PARLEY_HOST: cannot listen on ${host}:${port}: ${message}.`,
      'Set PARLEY_HOST to an address of this machine.',
    );
  } finally {
    server.close();
  }
}
