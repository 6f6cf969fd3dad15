import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

// Below the range from which systems take the near end of outgoing connections, one of which could sit on the port
// by the time that somebody wants to listen there, or to listen there again.
const lowest = 20_000;
const highest = 32_000;

/** A TCP port on 127.0.0.1 that nobody listened on a moment ago. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(lowest, highest);
    if (await isFree(port)) return port;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
