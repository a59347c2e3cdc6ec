import { type AddressInfo, createServer, type Socket } from 'node:net';
import { TLSSocket } from 'node:tls';

/** An e-mail as a mail server got it. */
export interface ReceivedMail {
  readonly from: string;
  readonly to: string;
  readonly headers: string;
  readonly text: string;
}

/** A mail server on a real socket: it takes what is said in the right order, and refuses what it is told to. */
export interface StandInMailServer extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  readonly received: readonly ReceivedMail[];
  /** Everything that was said to it, line by line. */
  readonly heard: readonly string[];
  /** Resolves with the next e-mail to an address that comes, or has come and was not asked for yet. */
  next(to: string): Promise<ReceivedMail>;
  /** From now on mailboxes are refused with this answer; undefined: they are taken. */
  refuse(answer: string | undefined): void;
}

/** Of `localhost`, known to nobody but tests. */
export const mailCertificate = {
  key: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgIPmRzgXqBL+uyOM0
pnkGoAI+AUpHQSM72e8uIYHTs96hRANCAATEfg8eU1F5Kf5lukxK3SQGDwlWj10g
5HQy5CM/Uixj27p0L3H0Hz9Uu+aEBapsOqMQBZQuZ21oEHhqMPqUGAID
-----END PRIVATE KEY-----`,
  cert: `-----BEGIN CERTIFICATE-----
MIIBljCCATugAwIBAgIUHYWa8bl3yXkNM7LL1pNxOS9LGT8wCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTIwMTA4MzYxNloYDzIxMjYxMTA3
MDgzNjE2WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAATEfg8eU1F5Kf5lukxK3SQGDwlWj10g5HQy5CM/Uixj27p0L3H0Hz9U
u+aEBapsOqMQBZQuZ21oEHhqMPqUGAIDo2kwZzAdBgNVHQ4EFgQUWXWOT5qyKG4q
eGGKuW+29MPEylAwHwYDVR0jBBgwFoAUWXWOT5qyKG4qeGGKuW+29MPEylAwDwYD
VR0TAQH/BAUwAwEB/zAUBgNVHREEDTALgglsb2NhbGhvc3QwCgYIKoZIzj0EAwID
SQAwRgIhAIULptQx4knD3QfeOwW7nJ3q1Gd9v3wNw8J8bd68u4rRAiEA1r/w04Ap
d1mHT9yPZmjxLffsg4ry57ZyWUjRa9L4dQU=
-----END CERTIFICATE-----`,
};

export async function startMailServer(offers: readonly string[] = ['AUTH PLAIN']): Promise<StandInMailServer> {
  const received: ReceivedMail[] = [];
  const heard: string[] = [];
  const taken = new Set<ReceivedMail>();
  let waiting: (() => void)[] = [];
  let refusal: string | undefined;
  const sockets = new Set<Socket>();

  function attend(socket: Socket, isEncrypted = false): void {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => undefined);
    let unread = '';
    let envelope = { from: '', to: '' };
    let body: string[] | undefined;
    const answer = (text: string) => socket.write(`${text}\r\n`);
    if (!isEncrypted) answer('220 mail.example ready');
    socket.on('data', (bytes: Buffer) => {
      unread += bytes.toString('utf8');
      for (let end = unread.indexOf('\r\n'); end >= 0; end = unread.indexOf('\r\n')) {
        const line = unread.slice(0, end);
        unread = unread.slice(end + 2);
        hear(line);
      }
    });
    function hear(line: string): void {
      if (body !== undefined) {
        if (line !== '.') {
          body.push(line.startsWith('..') ? line.slice(1) : line);
          return;
        }
        const empty = body.indexOf('');
        const mail = {
          ...envelope,
          headers: body.slice(0, empty).join('\r\n'),
          text: Buffer.from(body.slice(empty + 1).join(''), 'base64').toString('utf8'),
        };
        body = undefined;
        received.push(mail);
        answer('250 taken');
        for (const wake of waiting) wake();
        waiting = [];
        return;
      }
      heard.push(isEncrypted ? `(encrypted) ${line}` : line);
      const [verb = ''] = line.toUpperCase().split(' ', 1);
      if (verb === 'EHLO') {
        const lines = ['mail.example', ...offers.filter((each) => each !== 'STARTTLS' || !isEncrypted)];
        answer(lines.map((each, i) => `250${i < lines.length - 1 ? '-' : ' '}${each}`).join('\r\n'));
      } else if (verb === 'STARTTLS') {
        answer('220 go on');
        socket.removeAllListeners('data');
        attend(new TLSSocket(socket, { isServer: true, ...mailCertificate }), true);
      } else if (verb === 'AUTH') answer('235 welcome');
      else if (/^MAIL FROM:<.+>/i.test(line)) {
        envelope = { from: line.slice(11, line.indexOf('>')), to: '' };
        answer('250 ok');
      } else if (/^RCPT TO:<.+>$/i.test(line) && envelope.from !== '') {
        if (refusal === undefined) envelope = { ...envelope, to: line.slice(9, -1) };
        answer(refusal ?? '250 ok');
      } else if (verb === 'DATA' && envelope.to !== '') {
        body = [];
        answer('354 go on');
      } else if (verb === 'QUIT') socket.end('221 bye\r\n');
      else answer('503 not now');
    }
  }

  const server = createServer((socket) => attend(socket));
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  async function next(to: string): Promise<ReceivedMail> {
    for (;;) {
      const found = received.find((mail) => mail.to === to && !taken.has(mail));
      if (found !== undefined) {
        taken.add(found);
        return found;
      }
      await new Promise<void>((resolve) => waiting.push(resolve));
    }
  }
  return {
    ...{ url: `smtp://127.0.0.1:${port}`, port, received, heard, next },
    refuse: (answer) => {
      refusal = answer;
    },
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((done) => server.close(() => done()));
    },
  };
}

/** The code in an e-mail. */
export const codeIn = ({ text }: ReceivedMail): string => /\d{6}/.exec(text)?.[0] ?? '';
