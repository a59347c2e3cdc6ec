import { BlockList, isIP } from 'node:net';

/** Who vouches for an address decides how far into our own networks it may lead. */
export type Reach = 'public' | 'private-too' | 'everything';

/** IPv4 networks that are not the public internet (IANA IPv4 Special-Purpose Address Registry), as [network, prefix]. */
const privateV4: readonly [string, number][] = [
  ['10.0.0.0', 8],
  ['100.64.0.0', 10], // shared address space; some clouds keep their metadata service here
  ['127.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
];
const neverV4: readonly [string, number][] = [
  ['0.0.0.0', 8],
  ['100.100.100.200', 32], // Alibaba Cloud metadata
  ['168.63.129.16', 32], // Azure platform channel
  ['169.254.0.0', 16], // link-local: the metadata service of most clouds
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
];
/** Inside the global unicast block, yet not the internet (IANA IPv6 Special-Purpose Address Registry). */
const neverV6: readonly [string, number][] = [
  ['2001::', 23], // protocol assignments, Teredo among them: it wraps an IPv4 address
  ['2001:db8::', 32],
  ['2002::', 16], // 6to4: wraps an IPv4 address
  ['3fff::', 20],
];
/** Prefixes behind which the last 32 bits are an IPv4 address that is really reached: mapped, NAT64. */
const v4InV6 = ['::ffff:', '64:ff9b::'] as const;

const privateNetworks = blockList(privateV4, [
  ['::1', 128],
  ['fc00::', 7],
]);
const neverNetworks = blockList(neverV4, [...neverV6, ['fd00:ec2::254', 128]]); // the last: AWS metadata
const publicV6 = blockList([], [['2000::', 3]]);
const wrappedV4 = blockList(
  [],
  v4InV6.map((prefix) => [`${prefix}0.0.0.0`, 96]),
);

function blockList(v4: readonly [string, number][], v6: readonly [string, number][]): BlockList {
  const list = new BlockList();
  for (const [network, prefix] of v4) {
    list.addSubnet(network, prefix, 'ipv4');
    for (const wrap of v4InV6) list.addSubnet(wrap + network, 96 + prefix, 'ipv6');
  }
  for (const [network, prefix] of v6) list.addSubnet(network, prefix, 'ipv6');
  return list;
}

/**
 * Whether an IP address lies within a reach: `public` is the internet alone, `private-too` adds loopback, private and
 * unique local networks, but never link-local and metadata addresses, which hand out a machine's credentials.
 * What is not an address lies nowhere.
 */
export function isWithin(address: string, reach: Reach): boolean {
  const [bare = ''] = address.split('%');
  const version = isIP(bare);
  if (version === 0) return false;
  if (reach === 'everything') return true;
  const family = version === 4 ? 'ipv4' : 'ipv6';
  if (neverNetworks.check(bare, family)) return false;
  if (privateNetworks.check(bare, family)) return reach === 'private-too';
  return version === 4 || wrappedV4.check(bare, family) || publicV6.check(bare, family);
}
