import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';

/** What a child process does for the benchmark, by name; parameters and results travel as structured clones. */
// biome-ignore lint/suspicious/noExplicitAny: each command has its own parameter, which `call` checks by name
export type Commands = Record<string, (parameter: any) => Promise<unknown>>;

/** A child process that answers commands, one at a time. */
export interface WorkerProcess<C extends Commands> extends AsyncDisposable {
  readonly pid: number;
  call<K extends keyof C & string>(
    name: K,
    ...parameter: Parameters<C[K]> extends [] ? [] : [Parameters<C[K]>[0]]
  ): Promise<Awaited<ReturnType<C[K]>>>;
}

type Answer = { readonly result?: unknown; readonly error?: string };

/**
 * Starts `script`, which must end in `answerCommands`. Its output goes where ours goes.
 *
 * @returns rejects a call when the command failed or the process ended
 */
export function startWorker<C extends Commands>(script: URL): WorkerProcess<C> {
  const child = fork(script, { serialization: 'advanced', stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  return {
    pid: child.pid ?? 0,
    call: async (name, ...parameter) => {
      const answer = await ask(child, { name, parameter: parameter[0] });
      if (answer.error !== undefined) throw new Error(`${name}: ${answer.error}`);
      return answer.result as never;
    },
    [Symbol.asyncDispose]: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}

function ask(child: ChildProcess, command: { name: string; parameter: unknown }): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const ended = () => {
    const how = child.signalCode ?? child.exitCode;
    reject(new Error(`${command.name}: the process ended (${how}) before it answered.`));
  };
  child.once('exit', ended);
  child.once('message', (answer) => resolve(answer as Answer));
  if (child.connected) child.send(command as { name: string });
  else ended();
  return promise.finally(() => child.off('exit', ended));
}

/** The other end: answers the commands of the process that started this one, and ends with it. */
export function answerCommands(commands: Commands): void {
  process.on('disconnect', () => process.exit(0));
  process.on('message', (command: { name: string; parameter: unknown }) => {
    run(commands, command).then(
      (answer) => process.send?.(answer),
      (error: unknown) =>
        process.send?.({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
    );
  });
}

async function run(commands: Commands, { name, parameter }: { name: string; parameter: unknown }): Promise<Answer> {
  const command = commands[name];
  if (command === undefined) throw new Error(`There is no command ${name}.`);
  return { result: await command(parameter) };
}
