import type { CookieSerializeOptions } from '@fastify/cookie';
import { Inject, Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ACCESS_OPTIONS, defaultSessionAbsoluteMs, type AccessOptions } from '../access.options.js';

const secretPattern = /^[A-Za-z0-9_-]{43}$/;

/** Reads and writes the session cookie. */
@Injectable()
export class SessionCookie {
  readonly name: string;
  private readonly attributes: CookieSerializeOptions;
  private readonly maxAge: number;

  constructor(@Inject(ACCESS_OPTIONS) options: AccessOptions) {
    this.name = `hf_${options.installation.replace(/[^A-Za-z0-9-]/g, '-')}_session`;
    const isSecure = new URL(options.publicUrl).protocol === 'https:';
    this.attributes = { path: '/', httpOnly: true, sameSite: 'lax', secure: isSecure };
    this.maxAge = Math.floor((options.sessionAbsoluteMs ?? defaultSessionAbsoluteMs) / 1000);
  }

  /** null for an absent cookie and for one that cannot be ours */
  read(request: FastifyRequest): string | null {
    const secret = request.cookies[this.name];
    return secret !== undefined && secretPattern.test(secret) ? secret : null;
  }

  set(reply: FastifyReply, secret: string): void {
    void reply.setCookie(this.name, secret, { ...this.attributes, maxAge: this.maxAge });
  }

  clear(reply: FastifyReply): void {
    void reply.clearCookie(this.name, this.attributes);
  }
}
