import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** How a link is slow: each chunk is late by so much, and no more than so many bytes a second go each way. */
export interface Slowness {
  readonly delayMs: number;
  readonly bytesPerSecond: number;
}

/** A link between two parts that a test may cut, block and slow down. What is said on it is not looked at. */
export interface TcpProxy extends AsyncDisposable {
  readonly port: number;
  /** Connections that were broken, and those that were refused, by `cut`. */
  readonly broken: number;
  readonly refused: number;
  /** Chunks that were held back by `hang`, and those that were passed on late by `slow`. */
  readonly held: number;
  readonly delayed: number;
  /** Connections on which something was said to the target that it has not answered yet. */
  readonly awaiting: number;
  /** Breaks every connection and refuses new ones. */
  cut(): void;
  /** Takes connections and what is said on them, and passes nothing on until `restore`; nobody is told. */
  hang(): void;
  slow(how: Slowness): void;
  /** As if nothing had been; what hung goes on. */
  restore(): void;
}

type State = { readonly kind: 'open' | 'cut' | 'hung' } | { readonly kind: 'slow'; readonly how: Slowness };

/** Starts a link of loopback to a port of loopback. */
export async function startTcpProxy(targetPort: number): Promise<TcpProxy> {
  const link = new Link();
  const counts = { broken: 0, refused: 0 };
  const pairs = new Set<() => void>();
  const awaiting = new Set<Socket>();
  const server = createServer({ noDelay: true, allowHalfOpen: true }, (near) => {
    if (link.state.kind === 'cut') {
      counts.refused += 1;
      near.resetAndDestroy();
      return;
    }
    const far = connect({ port: targetPort, host: '127.0.0.1', noDelay: true, allowHalfOpen: true });
    const destroy = () => {
      near.destroy();
      far.destroy();
      pairs.delete(destroy);
      awaiting.delete(near);
    };
    pairs.add(destroy);
    // Between two reads nobody else listens, and what was destroyed must not end the test.
    for (const socket of [near, far]) socket.on('error', destroy);
    // An end is passed on; a break, or the end of both, is the end of the pair.
    const asked = link.carry(near, far, () => awaiting.add(near));
    const answered = link.carry(far, near, () => awaiting.delete(near));
    void Promise.all([asked, answered]).then(destroy, destroy);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    get broken() {
      return counts.broken;
    },
    get refused() {
      return counts.refused;
    },
    get held() {
      return link.held;
    },
    get delayed() {
      return link.delayed;
    },
    get awaiting() {
      return awaiting.size;
    },
    cut: () => {
      counts.broken += pairs.size;
      link.become({ kind: 'cut' });
      for (const destroy of [...pairs]) destroy();
    },
    hang: () => link.become({ kind: 'hung' }),
    slow: (how) => link.become({ kind: 'slow', how }),
    restore: () => link.become({ kind: 'open' }),
    [Symbol.asyncDispose]: async () => {
      const closed = once(server, 'close');
      server.close();
      link.become({ kind: 'cut' });
      for (const destroy of [...pairs]) destroy();
      await closed;
    },
  };
}

/** The state that all connections of a proxy share, and the way of a chunk through it. */
class Link {
  state: State = { kind: 'open' };
  held = 0;
  delayed = 0;
  #changed = Promise.withResolvers<void>();

  become(state: State): void {
    this.state = state;
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }

  /** One direction, to its end. Bounded by the sockets' buffers: a chunk is read when the one before has gone. */
  async carry(from: Socket, to: Socket, onChunk: () => void): Promise<void> {
    for await (const chunk of from.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      onChunk();
      await this.#pass(chunk);
      await written(to, chunk);
    }
    await this.#pass(Buffer.alloc(0));
    to.end();
  }

  async #pass(chunk: Buffer): Promise<void> {
    if (this.state.kind === 'hung') this.held += 1;
    while (this.state.kind === 'hung') await this.#changed.promise;
    if (this.state.kind !== 'slow') return;
    this.delayed += 1;
    const { delayMs, bytesPerSecond } = this.state.how;
    await Promise.race([sleep(delayMs + (chunk.length * 1_000) / bytesPerSecond), this.#changed.promise]);
  }
}

/** Rejects when the socket is gone. */
function written(to: Socket, chunk: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    to.write(chunk, (error) => (error ? reject(error) : resolve()));
  });
}
