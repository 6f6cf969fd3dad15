import { describe, expect, it } from '@jest/globals';
import { isAddressAllowed, isNetwork } from './allowed-networks.js';

describe('the networks that a token may be used from', () => {
  it.each(['192.0.2.0/24', '192.0.2.7', '2001:db8::/32', '::1', '0.0.0.0/0'])('reads %s', (text) => {
    expect(isNetwork(text)).toBe(true);
  });

  it.each([
    ...['', ' ', 'office', '192.0.2', '192.0.2.0/33', '192.0.2.0/', '192.0.2.0/08', '192.0.2.0/-1', '/8'],
    ...['1.2.3.4/8/8', '1.2.3.4/255.0.0.0', ' 1.2.3.4', '::/129', 'fe80::1%eth0', '::ffff:192.0.2.0/120'],
  ])('does not read "%s"', (text) => {
    expect(isNetwork(text)).toBe(false);
  });

  it('lets every address through where there are no limits', () => {
    expect(isAddressAllowed(null, '203.0.113.9')).toBe(true);
  });

  it('keeps addresses outside of the networks out, in both families', () => {
    const networks = ['192.0.2.0/24', '2001:db8:1::/48'];
    expect(isAddressAllowed(networks, '192.0.2.255')).toBe(true);
    expect(isAddressAllowed(networks, '192.0.3.0')).toBe(false);
    expect(isAddressAllowed(networks, '2001:db8:1:ffff::1')).toBe(true);
    expect(isAddressAllowed(networks, '2001:db8:2::1')).toBe(false);
  });

  it('takes an IPv4 address in IPv6 form for what it is', () => {
    expect(isAddressAllowed(['192.0.2.0/24'], '::ffff:192.0.2.1')).toBe(true);
    expect(isAddressAllowed(['192.0.2.0/24'], '::ffff:198.51.100.1')).toBe(false);
  });

  it('reads a network by its prefix, whatever the address has after it', () => {
    expect(isAddressAllowed(['192.0.2.77/24'], '192.0.2.1')).toBe(true);
    expect(isAddressAllowed(['192.0.2.77'], '192.0.2.1')).toBe(false);
    expect(isAddressAllowed(['2001:DB8::1'], '2001:db8:0:0::1')).toBe(true);
  });

  it('does not take one family for the other', () => {
    expect(isAddressAllowed(['::/0'], '192.0.2.1')).toBe(false);
    expect(isAddressAllowed(['::/0'], '::ffff:192.0.2.1')).toBe(false);
    expect(isAddressAllowed(['::/0'], '2001:db8::1')).toBe(true);
    expect(isAddressAllowed(['0.0.0.0/0'], '2001:db8::1')).toBe(false);
    expect(isAddressAllowed(['0.0.0.0/0'], '::1')).toBe(false);
  });

  it('lets nobody through by a limit or an address that cannot be read', () => {
    expect(isAddressAllowed([], '192.0.2.1')).toBe(false);
    expect(isAddressAllowed(['office'], '192.0.2.1')).toBe(false);
    expect(isAddressAllowed(['0.0.0.0/0'], 'unknown')).toBe(false);
  });
});
