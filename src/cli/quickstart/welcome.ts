import type { HomeState } from './home.js';
import type { QuickstartFacts } from './quickstart-file.js';

/** What a person sees once everything runs: where to go, as whom, and what to try. */
export function welcomeText(state: HomeState, facts: QuickstartFacts, file: string): string[] {
  const width = Math.max(...state.people.map(({ email }) => email.length));
  const people = state.people.map(
    ({ email, password, role }) => `    ${email.padEnd(width)}  ${password}  ${role}`,
  );
  return [
    '',
    'Holdfast runs.',
    '',
    `  On premises    ${facts.primaryUrl}`,
    `  Cloud replica  ${facts.replicaUrl}  (read-only)`,
    `  API            ${facts.primaryUrl}/api/docs`,
    '',
    '  Sign-ins, for both servers:',
    ...people,
    '',
    ...(state.isDemoLoaded
      ? tries(facts)
      : ['  There is no data yet; `npx holdfast import` brings some in.']),
    '',
    `  All of this also stands in ${file} (readable by you only).`,
    '  Ctrl-C stops everything; the next start goes on with the same data.',
    '',
  ];
}

function tries(facts: QuickstartFacts): string[] {
  return [
    '  To try:',
    `    1. Open a deal at ${facts.primaryUrl}, change its stage, and watch it arrive at ${facts.replicaUrl}.`,
    '    2. Look for an account of the medical sector on the replica: the policy keeps it at home.',
    `    3. See what left and what stayed under ${facts.primaryUrl}/cloud, as the administrator.`,
  ];
}
