import type { Translate } from '../../i18n/texts.js';

/** What a policy made of a field's values, in words: `mask last4`, `generalise band 1000`. */
export function treatmentText(treatment: string, t: Translate): string {
  const [kind = '', ...more] = treatment.split(' ');
  return t(`replica.treatment.${kind === 'generalise' ? (more[0] ?? '') : kind}`, { width: more[1] ?? '' });
}
