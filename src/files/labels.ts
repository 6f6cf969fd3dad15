import type { FieldProblem } from '../platform/errors/index.js';

/** Only known labels: a label that is misspelt would send a file to the cloud, or keep it from there, in silence. */
export function labelProblem(label: string | null, known: readonly string[]): FieldProblem | null {
  if (label === null || known.includes(label)) return null;
  return { path: 'label', message: `must be one of ${known.join(', ')}` };
}
