import type { ChatCommands } from '../chat-client.ts';
import type { Options } from '../options.ts';
import { type ParleyProcess, type ServerProcess, startParley, startReference } from '../server-process.ts';
import { startWorker, type WorkerProcess } from '../worker-process.ts';

/** Parley and a bare echo, each with a load client of its own whose sockets stay open; only one is driven at a time. */
export interface ChatRig extends AsyncDisposable {
  readonly server: ParleyProcess;
  readonly parley: WorkerProcess<ChatCommands>;
  readonly echo: WorkerProcess<ChatCommands>;
}

export async function openChatRig({ visitors, agents }: Options): Promise<ChatRig> {
  const stack = new AsyncDisposableStack();
  try {
    const server = stack.use(await startParley());
    const echoServer: ServerProcess = stack.use(await startReference('ws-echo'));
    const script = new URL('../chat-client.ts', import.meta.url);
    const parley = stack.use(startWorker<ChatCommands>(script));
    const echo = stack.use(startWorker<ChatCommands>(script));
    const { port, pid, account } = server;
    await parley.call('openParley', { port, pids: [pid], account, visitors, agents });
    await echo.call('openEcho', { port: echoServer.port, pid: echoServer.pid, visitors });
    return { server, parley, echo, [Symbol.asyncDispose]: () => stack.disposeAsync() };
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
}
