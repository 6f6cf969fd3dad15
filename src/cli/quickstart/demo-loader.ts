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

/** One that the demo's policy lets go, one that its label keeps home, and one that its record keeps home. */
const demoAttachments: readonly (readonly [account: string, file: string, type: string, label: string])[] = [
  ['Acme Corporation', 'framework-agreement.pdf', 'application/pdf', 'shareable'],
  ['Acme Corporation', 'price-list.pdf', 'application/pdf', 'internal'],
  ['Cancity', 'site-plan.png', 'image/png', 'shareable'],
  ['Betatech', 'framework-agreement.pdf', 'application/pdf', 'shareable'],
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
  await attachFiles(client, join(folder, 'attachments'), progress);
}

async function attachFiles(
  client: ApiClient,
  folder: string,
  progress: (text: string) => void,
): Promise<void> {
  progress('Attachments');
  for (const [account, name, type, label] of demoAttachments) {
    const filter = encodeURIComponent(JSON.stringify({ field: 'name', op: 'eq', value: account }));
    const found = await client.get<{ data: { id: string }[] }>(
      `/accounts?filter=${filter}&limit=1&fields=id`,
    );
    const [record] = found.data;
    if (!record) throw new CliError(`The demo has no account ${account} to attach ${name} to.`);
    const place = `/accounts/${record.id}/attachments`;
    const there = await client.get<{ data: { name: string }[] }>(place);
    if (there.data.some((attachment) => attachment.name === name)) continue;
    await client.postFile(`${place}?name=${name}&label=${label}`, join(folder, name), type);
  }
}
