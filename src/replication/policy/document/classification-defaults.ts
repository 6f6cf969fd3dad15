import type { Classification } from '../../../records/index.js';

export type ClassificationDefaults = Record<Classification, 'include' | 'omit'>;

/** What holds where a policy says nothing: personal, special and confidential fields stay home. */
export const defaultClassifications: Readonly<ClassificationDefaults> = Object.freeze({
  public: 'include',
  internal: 'include',
  confidential: 'omit',
  personal: 'omit',
  special: 'omit',
});
