import { connect } from 'node:net';
import { createTransport } from 'nodemailer';
import { asciiDomain, type Mail, type Sender } from './mail.ts';

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
  const isHere = /^(localhost|127\.|::1$|\[::1\]$)/.test(server.host);
  return async (mail, signal) => {
    signal.throwIfAborted();
    const transport = createTransport({
      ...{ host: server.host, port: server.port, secure: server.isSecure },
      // A connection of ours, which the signal ends at whatever step it is.
      getSocket: (_, done) => {
        const connection = connect({ host: server.host, port: server.port, signal });
        connection.once('error', done);
        connection.once('connect', () => done(null, { connection: connection.off('error', done) }));
      },
      // No password goes to a server elsewhere that offers no encryption.
      requireTLS: server.user !== undefined && !isHere,
      ...(server.user === undefined ? {} : { auth: { user: server.user.name, pass: server.user.password } }),
    });
    const { promise: stopped, reject } = Promise.withResolvers<never>();
    const stop = () => reject(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
    try {
      const sending = transport.sendMail({
        from: server.from,
        to: asciiDomain(mail.to),
        subject: mail.subject,
        text: mail.text.replace(/\r?\n/g, '\r\n'),
        date: new Date(now()),
        textEncoding: 'base64',
        // Nobody's holiday notice answers it (RFC 3834).
        headers: { 'Auto-Submitted': 'auto-generated' },
      });
      await Promise.race([sending.catch(refused), stopped]);
    } finally {
      signal.removeEventListener('abort', stop);
      transport.close();
    }
  };
}

/** What nodemailer tells of a failure holds the server's own words. */
function refused(cause: unknown): never {
  const { responseCode, command, message } = cause as Error & { responseCode?: number; command?: string };
  if (responseCode === undefined) throw cause;
  throw new Error(`The mail server answered ${command ?? message.split(':', 1)[0]} with ${responseCode}.`);
}
