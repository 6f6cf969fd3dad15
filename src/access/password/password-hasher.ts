// Passwords are slow on purpose, so the number computed at once is bounded: a storm of sign-ins must neither eat
// the memory nor keep libuv's few threads from serving files and DNS.
import { argon2, randomBytes, timingSafeEqual } from 'node:crypto';
import { SignInBusy } from '../access.errors.js';
import { formatPhc, parsePhc, type Argon2Cost } from './phc.js';

/** OWASP Password Storage Cheat Sheet, Argon2id: m=19 MiB, t=2, p=1. */
export const defaultCost: Argon2Cost = { memoryKiB: 19_456, passes: 2, parallelism: 1 };

/** More than this in a stored hash is refused: such a row would be an attack on the server's memory. */
const maxMemoryKiB = 262_144;
const saltBytes = 16;
const hashBytes = 32;

export interface PasswordHasherOptions {
  cost?: Argon2Cost;
  /** computed at once; memory used is this times the cost's memory */
  maxConcurrent?: number;
  /** waiting for a turn; more are answered with 503 */
  maxWaiting?: number;
}

export interface Verification {
  matches: boolean;
  /** the stored hash was made with other parameters than today's */
  needsRehash: boolean;
}

export class PasswordHasher {
  private readonly cost: Argon2Cost;
  private readonly maxConcurrent: number;
  private readonly maxWaiting: number;
  private readonly waiting: (() => void)[] = [];
  private running = 0;
  private computed = 0;
  private readonly dummy: string;

  constructor(options: PasswordHasherOptions = {}) {
    this.cost = options.cost ?? defaultCost;
    this.maxConcurrent = options.maxConcurrent ?? 2;
    this.maxWaiting = options.maxWaiting ?? 200;
    this.dummy = formatPhc({ cost: this.cost, salt: randomBytes(saltBytes), hash: randomBytes(hashBytes) });
  }

  /** argon2 computations so far; lets a metric and a test see that an unknown name costs what a known one does */
  get computations(): number {
    return this.computed;
  }

  /** @returns a PHC string. @throws SignInBusy when too many wait already. */
  async hash(password: string): Promise<string> {
    const salt = randomBytes(saltBytes);
    const hash = await this.compute(password, salt, this.cost, hashBytes);
    return formatPhc({ cost: this.cost, salt, hash });
  }

  /**
   * Compares in constant time. Without a stored hash (unknown name, no password set) the same work is done
   * against a random one, so that the time taken says nothing. @throws SignInBusy when too many wait already.
   */
  async verify(password: string, stored: string | null): Promise<Verification> {
    const known = stored === null ? null : parsePhc(stored);
    const usable = known !== null && known.cost.memoryKiB <= maxMemoryKiB ? known : null;
    const phc = usable ?? parsePhc(this.dummy);
    if (!phc) throw new TypeError('the dummy hash is not a PHC string');
    const computed = await this.compute(password, phc.salt, phc.cost, phc.hash.length);
    const equal = timingSafeEqual(computed, phc.hash);
    return { matches: usable !== null && equal, needsRehash: usable !== null && !this.isCurrent(phc.cost) };
  }

  private isCurrent(cost: Argon2Cost): boolean {
    const { memoryKiB, passes, parallelism } = this.cost;
    return cost.memoryKiB === memoryKiB && cost.passes === passes && cost.parallelism === parallelism;
  }

  private async compute(password: string, salt: Buffer, cost: Argon2Cost, length: number): Promise<Buffer> {
    await this.takeTurn();
    try {
      this.computed += 1;
      return await argon2id(password, salt, cost, length);
    } finally {
      this.passTurn();
    }
  }

  private async takeTurn(): Promise<void> {
    if (this.running < this.maxConcurrent) {
      this.running += 1;
      return;
    }
    if (this.waiting.length >= this.maxWaiting) throw new SignInBusy();
    await new Promise<void>((resolve) => this.waiting.push(resolve));
  }

  /** The turn goes straight to the next in line, so `running` stays as it is. */
  private passTurn(): void {
    const next = this.waiting.shift();
    if (next) next();
    else this.running -= 1;
  }
}

function argon2id(password: string, salt: Buffer, cost: Argon2Cost, tagLength: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const parameters = {
      message: Buffer.from(password, 'utf8'),
      nonce: salt,
      memory: cost.memoryKiB,
      passes: cost.passes,
      parallelism: cost.parallelism,
      tagLength,
    };
    argon2('argon2id', parameters, (error, hash) => {
      if (error) reject(error);
      else resolve(hash);
    });
  });
}
