#!/usr/bin/env node
import { backup } from './backup.ts';
import { type Command, type Io, UsageError } from './command.ts';
import { doctor } from './doctor.ts';
import { migrateArchive } from './migrate-archive.ts';
import { migrateStore } from './migrate-store.ts';
import { plan } from './plan.ts';
import { restore } from './restore.ts';
import { staff } from './staff.ts';

/** Every sub-command: another one is one more line. */
const commands: readonly Command[] = [doctor, plan, backup, restore, migrateStore, migrateArchive, staff];

/**
 * Runs `parley <command> [options]`.
 * @returns the exit code: 0 done, 1 something is wrong, 2 it was called wrongly
 */
export async function runCli(args: readonly string[], io: Io): Promise<number> {
  const [name = '--help', ...rest] = args;
  if (name === '--help' || name === '-h' || name === 'help') {
    io.out(overview());
    return 0;
  }
  const command = commands.find((one) => one.name === name);
  if (command === undefined) {
    io.err(`parley: there is no command ${JSON.stringify(name)}; parley --help lists them.\n`);
    return 2;
  }
  if (rest.includes('--help') || rest.includes('-h')) {
    io.out(command.usage);
    return 0;
  }
  try {
    return await command.run(rest, io);
  } catch (error) {
    const isUsage = error instanceof UsageError;
    const help = isUsage ? ` (parley ${name} --help)` : '';
    io.err(`parley ${name}: ${(error as Error).message}${help}\n`);
    return isUsage ? 2 : 1;
  }
}

function overview(): string {
  const width = Math.max(...commands.map((command) => command.name.length));
  const lines = commands.map((command) => `  ${command.name.padEnd(width)}  ${command.summary}`);
  return `usage: parley <command> [options]\n\n${lines.join('\n')}\n\nparley <command> --help tells more. Settings come from the environment, as for the server.\n`;
}

if (import.meta.main) {
  process.exitCode = await runCli(process.argv.slice(2), {
    out: (text) => process.stdout.write(text),
    err: (text) => process.stderr.write(text),
    isTerminal: process.stderr.isTTY === true,
    env: process.env,
  });
}
