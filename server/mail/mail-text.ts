import { randomBytes } from 'node:crypto';
import { domainToASCII } from 'node:url';

/** One e-mail of plain text. */
export interface Mail {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
}

/** Who it is from: `Shop <service@shop.example>`. */
export interface Sender {
  readonly name: string;
  readonly address: string;
}

/** @returns undefined where it is no address */
export function readSender(text: string): Sender | undefined {
  const found = /^(?:"?([^"<>\r\n]*?)"?\s*<([^\s<>]+)>|([^\s<>]+))$/u.exec(text.trim());
  const address = found?.[2] ?? found?.[3] ?? '';
  if (!/^[^\s@<>,;:\\"]{1,64}@[^\s@<>,;:\\"]{1,253}$/u.test(address)) return undefined;
  return { name: found?.[1] ?? '', address: asciiDomain(address) };
}

/** Mail servers know a domain in other letters by its ASCII form (RFC 5891). */
export function asciiDomain(address: string): string {
  const at = address.lastIndexOf('@');
  return `${address.slice(0, at)}@${domainToASCII(address.slice(at + 1))}`;
}

/** The message as it travels (RFC 5322, MIME): UTF-8 in base64, so that no line is too long and no dot begins one. */
export function mailText({ to, subject, text }: Mail, from: Sender, now: number): string {
  const host = from.address.slice(from.address.lastIndexOf('@') + 1);
  const lines = [
    `From: ${from.name === '' ? '' : `${word(from.name)} `}<${from.address}>`,
    `To: <${to}>`,
    `Subject: ${word(subject)}`,
    `Date: ${new Date(now).toUTCString().replace('GMT', '+0000')}`,
    `Message-ID: <${randomBytes(16).toString('hex')}@${host}>`,
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=utf-8',
    'Content-Transfer-Encoding: base64',
    // Nobody's holiday notice answers it (RFC 3834).
    'Auto-Submitted: auto-generated',
    '',
    ...(Buffer.from(text.replace(/\r?\n/g, '\r\n'))
      .toString('base64')
      .match(/.{1,76}/g) ?? []),
  ];
  return `${lines.join('\r\n')}\r\n`;
}

/** A header's words in letters that every server takes (RFC 2047), in pieces of at most 75 characters. */
function word(text: string): string {
  const plain = text.replace(/\p{Cc}+/gu, ' ');
  if (/^[\w .-]*$/.test(plain)) return plain;
  const pieces: string[] = [];
  let piece = '';
  for (const sign of plain) {
    if (Buffer.byteLength(piece + sign) > 42) {
      pieces.push(piece);
      piece = '';
    }
    piece += sign;
  }
  return [...pieces, piece].map((each) => `=?utf-8?B?${Buffer.from(each).toString('base64')}?=`).join('\r\n ');
}
