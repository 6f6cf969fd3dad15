import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ApiClient } from '../api-client.js';
import { CliError } from '../cli.errors.js';
import { runImport } from '../import-client.js';

/** config/demo of the checkout, from dist/src/cli/quickstart as from src/cli/quickstart */
export function checkoutFolder(): string {
  const here = dirname(fileURLToPath(import.meta.url));
  const depth = here.includes(join('dist', 'src')) ? 4 : 3;
  return join(here, ...Array.from({ length: depth }, () => '..'));
}

const demoFiles: readonly (readonly [mapping: string, data: string])[] = [
  ['01-people.yaml', 'maven-crm/sales_teams.csv'],
  ['02-products.yaml', 'maven-crm/products.csv'],
  ['03-accounts.yaml', 'maven-crm/accounts.csv'],
  ['04-contacts.yaml', 'contacts/contacts.csv'],
  ['05-deals.yaml', 'maven-crm/sales_pipeline.csv'],
  ['06-companies.yaml', 'cfpb/complaints.csv'],
  ['07-complaints.yaml', 'cfpb/complaints.csv'],
  ['08-deal-lines.yaml', 'invented/deal-lines.csv'],
  ['09-leads.yaml', 'invented/leads.csv'],
  ['10-campaigns.yaml', 'invented/campaigns.csv'],
  ['11-campaign-members.yaml', 'invented/campaign-members.csv'],
];

/** Imports the demo through the same API that any import uses. Running it again changes nothing. */
export async function loadDemo(client: ApiClient, progress: (text: string) => void): Promise<void> {
  const folder = join(checkoutFolder(), 'config', 'demo');
  for (const [mapping, data] of demoFiles) {
    const files = { mappingFile: join(folder, mapping), dataFile: join(folder, data) };
    const result = await runImport(client, files, ({ label, progress: { done, rows } }) => {
      progress(`${label} ${done}${rows === null ? '' : ` of ${rows}`}`);
    });
    if (result.state === 'done' && result.counts.failed === 0) continue;
    const details = result.problems.map(({ line, message }) => `line ${line}: ${message}`);
    throw new CliError(
      `The demo import ${mapping} ended as ${result.state} with ${result.counts.failed} failed rows.`,
      { details },
    );
  }
}
