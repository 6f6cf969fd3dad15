import dns, { type LookupAddress, type LookupOptions } from 'node:dns';

type Done = (error: Error | null, address: string | LookupAddress[], family?: number) => void;

const original = dns.lookup;

/**
 * Names below `localhost` lead to this machine, as RFC 6761 has it and Debian's resolver does not. Node asks
 * `dns.lookup` for every connection, so this reaches all clients of the test's process; no file of the system changes.
 */
export function resolveLocalNames(): void {
  const lookup = (name: string, options: LookupOptions, done: Done): void => {
    if (name.endsWith('.localhost')) answer(options, done);
    else original(name, options, done);
  };
  Object.assign(dns, { lookup });
}

function answer({ all }: LookupOptions, done: Done): void {
  if (all === true) done(null, [{ address: '127.0.0.1', family: 4 }]);
  else done(null, '127.0.0.1', 4);
}
