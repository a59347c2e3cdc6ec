import { connect as connectPlain, type Socket } from 'node:net';
import { hostname } from 'node:os';
import { connect as connectTls } from 'node:tls';
import { asciiDomain, type Mail, mailText, type Sender } from './mail-text.ts';

/** A mail server does not say more than so at once. */
const mostReply = 64 * 1024;

/** The mail server through which the installation sends: `smtp://user:password@host:587`, or `smtps://…` on port 465. */
export interface MailServer {
  readonly host: string;
  readonly port: number;
  /** Encrypted from the first byte; else as soon as the server offers it. */
  readonly isSecure: boolean;
  readonly user: { readonly name: string; readonly password: string } | undefined;
  readonly from: Sender;
}

/**
 * Sends e-mail by SMTP (RFC 5321), each over a connection of its own: resolves when the server has taken it. Messages of errors
 * name the step and the server's code, never what it said, which may hold an address.
 */
export function createSmtpMailer(
  server: MailServer,
  now: () => number,
): (mail: Mail, signal: AbortSignal) => Promise<void> {
  return async (mail, signal) => {
    signal.throwIfAborted();
    const to = asciiDomain(mail.to);
    const line = await dial(server, signal);
    try {
      await line.expect('greeting', 220);
      let offers = await greet(line);
      if (!server.isSecure && offers.has('STARTTLS')) {
        await line.say('STARTTLS', 'STARTTLS', 220);
        await line.encrypt(server.host);
        offers = await greet(line);
      }
      const isSafe = line.isEncrypted() || /^(localhost|127\.|::1$|\[::1\]$)/.test(server.host);
      if (server.user !== undefined) {
        if (!isSafe) throw new Error('The mail server offers no encryption: no password is sent to it.');
        const { name, password } = server.user;
        const secret = Buffer.from(`\0${name}\0${password}`).toString('base64');
        await line.say('AUTH', `AUTH PLAIN ${secret}`, 235);
      }
      const isPlain = /^[\x20-\x7e]*$/.test(to + server.from.address);
      if (!isPlain && !offers.has('SMTPUTF8')) throw new Error('The mail server takes addresses in ASCII alone.');
      await line.say('MAIL FROM', `MAIL FROM:<${server.from.address}>${isPlain ? '' : ' SMTPUTF8'}`, 250);
      await line.say('RCPT TO', `RCPT TO:<${to}>`, 250, 251);
      await line.say('DATA', 'DATA', 354);
      await line.say('message', `${mailText({ ...mail, to }, server.from, now())}.`, 250);
      line.leave();
    } finally {
      line.end();
    }
  };
}

async function greet(line: Line): Promise<ReadonlySet<string>> {
  const reply = await line.say('EHLO', `EHLO ${/^[\w.-]+$/.test(hostname()) ? hostname() : 'localhost'}`, 250);
  return new Set(reply.slice(1).map((each) => each.slice(4).split(' ', 1)[0]?.toUpperCase() ?? ''));
}

type Line = Awaited<ReturnType<typeof dial>>;

/** A connection on which one speaks and is answered, in turn. */
async function dial({ host, port, isSecure }: MailServer, signal: AbortSignal) {
  let socket: Socket = isSecure ? connectTls({ host, port, servername: host }) : connectPlain({ host, port });
  let encrypted = isSecure;
  let unread = '';
  let heard: ((reply: string[]) => void) | undefined;
  let failed: ((error: Error) => void) | undefined;
  let fault: Error | undefined;
  const fail = (error: Error) => {
    fault ??= error;
    failed?.(fault);
    socket.destroy();
  };
  const stop = () => fail(signal.reason as Error);
  signal.addEventListener('abort', stop, { once: true });

  function listen(): void {
    // Node names the address that was connected to, and that is the mail server's.
    socket.on('error', fail);
    socket.on('close', () => fail(new Error('The mail server ended the connection.')));
    socket.on('data', (bytes: Buffer) => {
      // Codes alone are read.
      unread += bytes.toString('latin1');
      if (unread.length > mostReply) return fail(new Error('The mail server says too much.'));
      hear();
    });
  }
  /** A reply ends with a line whose code is followed by a blank. */
  function hear(): void {
    const lines = unread.split('\r\n');
    const last = lines.slice(0, -1).findIndex((each) => /^\d{3}(?: |$)/.test(each));
    if (last < 0 || heard === undefined) return;
    unread = lines.slice(last + 1).join('\r\n');
    heard(lines.slice(0, last + 1));
  }
  async function expect(step: string, ...codes: readonly number[]): Promise<string[]> {
    const reply = await new Promise<string[]>((resolve, reject) => {
      [heard, failed] = [resolve, reject];
      if (fault !== undefined) reject(fault);
      else hear();
    });
    const code = Number(reply.at(-1)?.slice(0, 3));
    if (!codes.includes(code)) throw new Error(`The mail server answered ${step} with ${code}.`);
    heard = undefined;
    return reply;
  }
  listen();
  return {
    expect,
    say: (step: string, words: string, ...codes: readonly number[]) => {
      socket.write(`${words}\r\n`);
      return expect(step, ...codes);
    },
    isEncrypted: () => encrypted,
    encrypt: async (servername: string) => {
      const plain = socket;
      plain.removeAllListeners();
      // What was said before the encryption is nobody's we know.
      unread = '';
      socket = connectTls({ socket: plain, servername });
      encrypted = true;
      listen();
      await new Promise<void>((resolve, reject) => {
        failed = reject;
        socket.once('secureConnect', resolve);
      });
    },
    leave: () => void socket.write('QUIT\r\n'),
    end: () => {
      signal.removeEventListener('abort', stop);
      socket.removeAllListeners('close');
      socket.removeAllListeners('error');
      socket.on('error', () => undefined);
      socket.end();
      setTimeout(() => socket.destroy(), 1_000).unref();
    },
  };
}
