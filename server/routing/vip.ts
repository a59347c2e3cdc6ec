/** A tag of the conversation or an attribute of the contact says so; `vip: no` says that they are none. */
export function isVip(tags: readonly string[], attribute: string | null | undefined): boolean {
  if (tags.some((tag) => tag.toLowerCase() === 'vip')) return true;
  return typeof attribute === 'string' && !['', '0', 'false', 'no'].includes(attribute.trim().toLowerCase());
}
