import { BlockList, isIP } from 'node:net';

/**
 * Where a webhook may go. An operator chooses the address and siyu calls it from inside the house, so by default nothing
 * inside the house can be reached: only https to addresses of the public internet (IANA's registries of special addresses).
 */

const special = new BlockList();
for (const [network, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
] as const) {
  special.addSubnet(network, prefix, 'ipv4');
}

// Of IPv6 only global unicast, without what carries another address inside it (Teredo, 6to4) or leads nowhere.
const global6 = new BlockList();
global6.addSubnet('2000::', 3, 'ipv6');
const special6 = new BlockList();
for (const [network, prefix] of [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
] as const) {
  special6.addSubnet(network, prefix, 'ipv6');
}

/** Whether an IP address is one of the public internet. An IPv4 address written as IPv6 is judged as the IPv4 address. */
export function isPublicAddress(address: string): boolean {
  const bare = address.split('%')[0] ?? '';
  if (isIP(bare) === 4) return !special.check(bare, 'ipv4');
  if (isIP(bare) !== 6) return false;
  const mapped = mappedIpv4(bare);
  if (mapped !== undefined) return !special.check(mapped, 'ipv4');
  return global6.check(bare, 'ipv6') && !special6.check(bare, 'ipv6');
}

/** '::ffff:127.0.0.1' and '::ffff:7f00:1' → '127.0.0.1'. */
function mappedIpv4(address: string): string | undefined {
  // The parser of addresses writes every form as the shortest one.
  const shortest = new URL(`http://[${address}]/`).hostname;
  const match = /^\[::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})\]$/.exec(shortest);
  if (!match) return undefined;
  const [high, low] = [Number.parseInt(match[1] ?? '', 16), Number.parseInt(match[2] ?? '', 16)];
  return [high >> 8, high & 255, low >> 8, low & 255].join('.');
}

/** The IP address that stands in a URL, or undefined when it has a name. */
export function addressIn(url: URL): string | undefined {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  return isIP(host) === 0 ? undefined : host;
}

/** Why an address cannot be a webhook's, before any name is looked up; undefined when it can. */
export function problemOfUrl(
  text: string,
  allowPrivate: boolean,
): 'malformed' | 'credentials' | 'not_https' | 'address_private' | undefined {
  if (!URL.canParse(text)) return 'malformed';
  const url = new URL(text);
  // It would be shown to everybody who sees the webhook.
  if (url.username !== '' || url.password !== '') return 'credentials';
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return 'malformed';
  if (allowPrivate) return undefined;
  // Messages carry personal data.
  if (url.protocol !== 'https:') return 'not_https';
  const address = addressIn(url);
  if (address !== undefined && !isPublicAddress(address)) return 'address_private';
  const isLocalName = /(^|\.)(localhost|local|internal)\.?$/i.test(url.hostname);
  return isLocalName ? 'address_private' : undefined;
}
