import { BlockList, isIP } from 'node:net';

export const maxAllowedNetworks = 50;

const mappedIpv4 = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;
const prefixPattern = /^(0|[1-9]\d{0,2})$/;

interface Network {
  readonly address: string;
  readonly prefix: number;
  readonly family: 'ipv4' | 'ipv6';
}

/** @returns the network of `192.0.2.0/24`, `2001:db8::/32` or a single address; null for anything else */
function parseNetwork(text: string): Network | null {
  const [address = '', prefixText, ...rest] = text.split('/');
  const version = isIP(address);
  // A zone such as fe80::1%eth0 means something else on each machine, and IPv4 in IPv6 form is compared as IPv4.
  if (version === 0 || rest.length > 0 || address.includes('%') || mappedIpv4.test(address)) return null;
  const longest = version === 4 ? 32 : 128;
  if (prefixText !== undefined && !prefixPattern.test(prefixText)) return null;
  const prefix = prefixText === undefined ? longest : Number(prefixText);
  return prefix > longest ? null : { address, prefix, family: version === 4 ? 'ipv4' : 'ipv6' };
}

export function isNetwork(text: string): boolean {
  return parseNetwork(text) !== null;
}

/**
 * Whether a token with these limits may be used from the address. No limits (null) means from anywhere; a limit
 * that cannot be read, or an address that is not known, means from nowhere.
 */
export function isAddressAllowed(networks: readonly string[] | null, address: string): boolean {
  if (networks === null) return true;
  // A socket that listens on both families reports IPv4 as ::ffff:192.0.2.1, while people write 192.0.2.0/24.
  const plain = mappedIpv4.exec(address)?.[1] ?? address;
  const version = isIP(plain);
  if (version === 0) return false;
  const family = version === 4 ? 'ipv4' : 'ipv6';
  const allowed = new BlockList();
  for (const text of networks) {
    const network = parseNetwork(text);
    // A BlockList holds an IPv4 address against ::/0 too, which says IPv6 and nothing of IPv4.
    if (network?.family === family) allowed.addSubnet(network.address, network.prefix, family);
  }
  return allowed.check(plain, family);
}
