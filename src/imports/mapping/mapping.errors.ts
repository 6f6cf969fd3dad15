import { DomainError } from '../../platform/errors/index.js';

export interface MappingProblem {
  /** where in the mapping: `fields.stage.values` */
  readonly path: string;
  readonly message: string;
  /** 1-based line in the YAML text, where known */
  readonly line?: number;
}

export class InvalidMapping extends DomainError {
  constructor(readonly problems: readonly MappingProblem[]) {
    super('invalid-import-mapping', 400, 'info', {
      detail: 'The mapping cannot be used.',
      errors: problems.map(({ path, message, line }) => ({
        path,
        message: line === undefined ? message : `line ${line}: ${message}`,
      })),
    });
  }
}
