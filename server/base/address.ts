/**
 * Whom an address stands for where somebody counts what it asks: a host with IPv6 has 2^64 addresses of its own, which
 * count as one.
 */
export function networkOf(address: string): string {
  // IPv4, also when it is written as IPv6 (::ffff:192.0.2.1).
  if (!address.includes(':') || address.includes('.')) return address;
  const [before = [], after = []] = address.split('::').map((part) => (part === '' ? [] : part.split(':')));
  const zeros = Array.from({ length: Math.max(0, 8 - before.length - after.length) }, () => '0');
  return [...before, ...zeros, ...after].slice(0, 4).join(':');
}
