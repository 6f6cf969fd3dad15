export interface ConfigProblem {
  /** Dotted: `http.limits.bodyBytes`. */
  key: string;
  /** What the value should be. Never the value. */
  expectation: string;
  /** `file:line`, the name of an environment variable, or `not set`. */
  where: string;
}

/** The process cannot start like this; exit code 78 (EX_CONFIG of sysexits.h). */
export class ConfigError extends Error {
  constructor(readonly problems: readonly ConfigProblem[]) {
    super(
      ['The configuration is not valid:']
        .concat(problems.map((p) => `  ${p.key}: should be ${p.expectation} (${p.where})`))
        .join('\n'),
    );
    this.name = 'ConfigError';
  }
}

/** sysexits.h: a configuration error. */
export const EXIT_CONFIG = 78;
