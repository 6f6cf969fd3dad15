import type { PipeTransform } from '@nestjs/common';
import { NotFound } from '../../platform/errors/index.js';

const uuidPattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** An id that cannot be one is the id of nothing: 404, and PostgreSQL never sees it. */
export const knownIdForm: PipeTransform<string, string> = {
  transform(value) {
    if (!uuidPattern.test(value)) throw new NotFound();
    return value.toLowerCase();
  },
};
