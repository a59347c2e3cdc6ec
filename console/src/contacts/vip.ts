import type { Contact } from '@parley/sdk/protocol.ts';

const noes: readonly string[] = ['', '0', 'false', 'no'];

/** Comes earlier in the queue: the attribute `vip` says anything but no, as the server reads it. */
export function isVip({ attributes }: Pick<Contact, 'attributes'>): boolean {
  return !noes.includes((attributes.vip ?? '').trim().toLowerCase());
}

/** The contact's attributes with that, or without. */
export function withVip({ attributes }: Pick<Contact, 'attributes'>, vip: boolean): Record<string, string> {
  const { vip: _, ...others } = attributes;
  return vip ? { ...others, vip: 'yes' } : others;
}
