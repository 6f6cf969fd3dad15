import { connect, createServer, type Server, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';

/** `open` carries bytes, `cut` refuses and resets, `silent` takes connections and bytes and never answers. */
export type LinkState = 'open' | 'cut' | 'silent';

/**
 * A wire to a server (bucket, Redis, PostgreSQL) that a test can cut. It knows no protocol.
 */
export class TcpLink {
  private state: LinkState = 'open';
  private readonly sockets = new Set<Socket>();
  private flapping: NodeJS.Timeout | undefined;

  private constructor(
    private readonly server: Server,
    readonly port: number,
    private readonly target: { host: string; port: number },
  ) {
    server.on('connection', (near) => {
      this.carry(near);
    });
  }

  static async to(port: number, host = '127.0.0.1'): Promise<TcpLink> {
    const server = createServer({ pauseOnConnect: true });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new TcpLink(server, (server.address() as AddressInfo).port, { host, port });
  }

  /** Changing the state ends the connections there are, unless it becomes silent: then they just hear nothing more. */
  set(state: LinkState): void {
    this.state = state;
    for (const socket of this.sockets) {
      if (state === 'silent') socket.pause();
      else socket.resetAndDestroy();
    }
  }

  /** Up and down in turn until {@link set} or {@link close} is called through `stop`. */
  flap(upMs: number, downMs: number): { stop: () => void } {
    const turn = (state: LinkState): void => {
      this.set(state);
      const [next, afterMs] = state === 'open' ? (['cut', upMs] as const) : (['open', downMs] as const);
      this.flapping = setTimeout(turn, afterMs, next);
    };
    turn('cut');
    return {
      stop: () => {
        clearTimeout(this.flapping);
        this.set('open');
      },
    };
  }

  async close(): Promise<void> {
    clearTimeout(this.flapping);
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private carry(near: Socket): void {
    this.keep(near);
    if (this.state === 'cut') near.resetAndDestroy();
    if (this.state !== 'open') return;
    const far = connect(this.target);
    this.keep(far);
    near.pipe(far).pipe(near);
    near.once('close', () => far.destroy());
    far.once('close', () => near.destroy());
  }

  private keep(socket: Socket): void {
    this.sockets.add(socket);
    socket.on('error', () => undefined); // a broken wire is what this is for
    socket.once('close', () => this.sockets.delete(socket));
  }
}
