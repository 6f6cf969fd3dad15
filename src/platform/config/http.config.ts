import {
  ArrayUnique,
  IsBoolean,
  IsIn,
  IsInt,
  IsNotEmpty,
  IsString,
  IsUrl,
  Max,
  Min,
  MinLength,
} from 'class-validator';
import { IsAddressRange } from './is-address-range.decorator.js';
import { Section, Setting } from './setting.decorator.js';

const KIB = 1024;
const MIB = 1024 * KIB;
const SECOND = 1000;

/** What one request may cost. Fastify and Node leave most of these open. Bytes and milliseconds. */
export class HttpLimits {
  @Setting('number', 'whole bytes from 1024 to 104857600')
  @IsInt()
  @Min(KIB)
  @Max(100 * MIB)
  readonly bodyBytes: number = MIB;

  @Setting('number', 'whole bytes from 1024 to 10737418240')
  @IsInt()
  @Min(KIB)
  @Max(10_240 * MIB)
  readonly importBytes: number = 256 * MIB;

  @Setting('number', 'a whole number from 4 to 1000')
  @IsInt()
  @Min(4)
  @Max(1000)
  readonly jsonDepth: number = 40;

  @Setting('number', 'whole bytes from 4096 to 65536')
  @IsInt()
  @Min(4 * KIB)
  @Max(64 * KIB)
  readonly headerBytes: number = 16 * KIB;

  @Setting('number', 'a whole number from 10 to 1000')
  @IsInt()
  @Min(10)
  @Max(1000)
  readonly headerCount: number = 100;

  @Setting('number', 'a whole number from 16 to 1000')
  @IsInt()
  @Min(16)
  @Max(1000)
  readonly pathParameterLength: number = 200;

  @Setting('number', 'whole milliseconds from 200 to 600000')
  @IsInt()
  @Min(200)
  @Max(600 * SECOND)
  readonly headersTimeoutMs: number = 15 * SECOND;

  @Setting('number', 'whole milliseconds from 200 to 3600000, not less than headersTimeoutMs')
  @IsInt()
  @Min(200)
  @Max(3600 * SECOND)
  readonly requestTimeoutMs: number = 60 * SECOND;

  @Setting('number', 'whole milliseconds from 200 to 3600000')
  @IsInt()
  @Min(200)
  @Max(3600 * SECOND)
  readonly connectionTimeoutMs: number = 120 * SECOND;

  @Setting('number', 'whole milliseconds from 100 to 600000')
  @IsInt()
  @Min(100)
  @Max(600 * SECOND)
  readonly keepAliveTimeoutMs: number = 65 * SECOND;

  @Setting('number', 'a whole number from 10 to 100000')
  @IsInt()
  @Min(10)
  @Max(100_000)
  readonly connections: number = 5000;

  @Setting('number', 'whole milliseconds from 100 to 600000')
  @IsInt()
  @Min(100)
  @Max(600 * SECOND)
  readonly stopTimeoutMs: number = 25 * SECOND;
}

export class HttpConfig {
  @Setting('text', 'an address or host name to listen on, such as 127.0.0.1 or 0.0.0.0')
  @IsString()
  @IsNotEmpty()
  readonly host: string = '127.0.0.1';

  @Setting('number', 'a port from 0 (any free one) to 65535')
  @IsInt()
  @Min(0)
  @Max(65_535)
  readonly port: number = 8080;

  /** Where people reach the server, without a slash at the end. Links and cookies follow it, never the Host header. */
  @Setting('text', 'an http:// or https:// address without a path', { optional: true })
  @IsUrl({ require_tld: false, protocols: ['http', 'https'], require_protocol: true, allow_fragments: false })
  readonly publicUrl: string | null = null;

  @Setting('list', 'a list of addresses or ranges, such as 10.0.0.0/8')
  @ArrayUnique()
  @IsAddressRange({ each: true })
  readonly trustedProxies: readonly string[] = [];

  @Section(HttpLimits)
  readonly limits: HttpLimits = new HttpLimits();
}

export class WebConfig {
  @Setting('text', 'a folder that holds the built web UI', { optional: true, path: true })
  @IsString()
  @IsNotEmpty()
  readonly folder: string | null = null;
}

export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;

export class LogConfig {
  @Setting('text', `one of ${LOG_LEVELS.join(', ')}`)
  @IsIn(LOG_LEVELS)
  readonly level: (typeof LOG_LEVELS)[number] = 'info';
}

export class MetricsConfig {
  @Setting('flag', 'true or false')
  @IsBoolean()
  readonly enabled: boolean = true;

  /** Without one, /metrics answers callers on the same machine only. */
  @Setting('text', 'a token of at least 16 characters', { optional: true, secret: true })
  @MinLength(16)
  readonly token: string | null = null;
}
