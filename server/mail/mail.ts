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
