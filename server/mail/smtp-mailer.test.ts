import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { test } from 'node:test';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { mailCertificate, startMailServer } from '../testing/mail-server.ts';
import { readSender } from './mail.ts';
import { createSmtpMailer, type MailServer } from './smtp-mailer.ts';

const from = { name: '小店', address: 'service@shop.example' };
const serverOn = (port: number, more: Partial<MailServer> = {}): MailServer => ({
  ...{ host: '127.0.0.1', port, isSecure: false, user: undefined, from },
  ...more,
});
const mail = {
  to: 'anna@bücher.example',
  subject: '您的验证码，以及一个相当长的、需要分成几段的主题行',
  text: '.\r\nCode 123456，谢谢。\n.',
};
const never = new AbortController().signal;

test('an e-mail arrives as it was written, in whichever letters, with its sender and its subject', async () => {
  await using server = await startMailServer();
  const user = { name: 'parley', password: 'secret' };
  await createSmtpMailer(serverOn(server.port, { user }), () => 0)(mail, never);
  const got = await server.next('anna@xn--bcher-kva.example');
  assert.equal(got.from, 'service@shop.example');
  assert.equal(got.text, '.\r\nCode 123456，谢谢。\r\n.');
  const words = [...got.headers.matchAll(/=\?utf-8\?B\?([^?]*)\?=/gi)].map(([, each]) =>
    Buffer.from(each ?? '', 'base64').toString('utf8'),
  );
  assert.equal(words.join(''), `小店${mail.subject}`);
  assert.match(got.headers, /^Date: Thu, 01 Jan 1970 00:00:00 \+0000$/m);
  assert.ok(
    got.headers.split('\r\n').every((line) => line.length <= 78),
    got.headers,
  );
  assert.ok(server.heard.includes(`AUTH PLAIN ${Buffer.from('\0parley\0secret').toString('base64')}`));
});

test('what the mail server refuses is told by step and code, without what it said of whom', async () => {
  await using server = await startMailServer();
  server.refuse('550 no anna@shop.example here');
  const send = createSmtpMailer(serverOn(server.port), Date.now);
  await assert.rejects(send(mail, never), { message: 'The mail server answered RCPT TO with 550.' });
  server.refuse(undefined);
  await send(mail, never);
  assert.equal(server.received.length, 1);
});

test('a mail server that is silent, is not there, or talks nonsense keeps nobody waiting longer than the signal', async () => {
  const silent = createServer((socket) => void socket.on('error', () => undefined));
  await new Promise<void>((done) => silent.listen(0, '127.0.0.1', done));
  const { port } = silent.address() as AddressInfo;
  const abort = new AbortController();
  const waiting = createSmtpMailer(serverOn(port), Date.now)(mail, abort.signal);
  abort.abort(new Error('too late'));
  await assert.rejects(waiting, /too late/);
  await new Promise<void>((done) => silent.close(() => done()));
  await assert.rejects(createSmtpMailer(serverOn(port), Date.now)(mail, never), /ECONNREFUSED/);

  const babble = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.write('x'.repeat(100_000));
  });
  await new Promise<void>((done) => babble.listen(0, '127.0.0.1', done));
  const nonsense = serverOn((babble.address() as AddressInfo).port);
  const late = new AbortController();
  const listening = createSmtpMailer(nonsense, Date.now)(mail, late.signal);
  await once(babble, 'connection');
  late.abort(new Error('too late'));
  await assert.rejects(listening, /too late/);
  await new Promise<void>((done) => babble.close(() => done()));
});

test('what a mail server is told is encrypted where it offers that, and nothing is said to one that is not who it should be', async (t) => {
  await using server = await startMailServer(['STARTTLS', 'AUTH PLAIN']);
  const user = { name: 'parley', password: 'secret' };
  const send = createSmtpMailer(serverOn(server.port, { host: 'localhost', user }), Date.now);
  await assert.rejects(send(mail, never), /self.signed/);
  assert.deepEqual(
    server.heard.map((line) => line.split(' ', 1)[0]),
    ['EHLO', 'STARTTLS'],
  );
  const known = getCACertificates('default');
  setDefaultCACertificates([...known, mailCertificate.cert]);
  t.after(() => setDefaultCACertificates(known));
  await send(mail, never);
  assert.equal(server.received.length, 1);
  const second = server.heard.slice(2);
  assert.ok(
    second.slice(2).every((line) => line.startsWith('(encrypted) ')),
    second.join('\n'),
  );
  assert.ok(second.some((line) => line.startsWith('(encrypted) AUTH ')));
});

test('a password goes to no mail server elsewhere that offers no encryption', async () => {
  await using server = await startMailServer();
  // Another name of this machine, which is not known to be it.
  const elsewhere = serverOn(server.port, { host: '0.0.0.0', user: { name: 'parley', password: 'secret' } });
  await assert.rejects(createSmtpMailer(elsewhere, Date.now)(mail, never));
  assert.ok(!server.heard.some((line) => line.startsWith('AUTH')));
});

test('who an e-mail is from is read from an address, with or without a name', () => {
  assert.deepEqual(readSender('Shop <service@shop.example>'), { name: 'Shop', address: 'service@shop.example' });
  assert.deepEqual(readSender('service@shop.example'), { name: '', address: 'service@shop.example' });
  for (const wrong of ['', 'Shop', 'a@b@c', 'Shop <a@b>\r\nBcc: x@y.example', 'a b@c.example'])
    assert.equal(readSender(wrong), undefined, wrong);
});
