import { Injectable, ParseIntPipe, type ArgumentMetadata } from '@nestjs/common';

/** The largest that an `integer` of PostgreSQL holds; one more is an error of the database and no answer. */
export const MAX_INTEGER = 2_147_483_647;

/** For a number in a path. Answers 400 where it is none, or one that no record can have. */
@Injectable()
export class WholeNumberPipe extends ParseIntPipe {
  override async transform(value: string, metadata: ArgumentMetadata): Promise<number> {
    const number = await super.transform(value, metadata);
    if (typeof number === 'number' && number >= 0 && number <= MAX_INTEGER) return number;
    throw this.exceptionFactory(
      `${metadata.data ?? 'the number'} must be a whole number from 0 to ${String(MAX_INTEGER)}`,
    );
  }
}
