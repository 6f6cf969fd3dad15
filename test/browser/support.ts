// A real Chromium on the real system. HOLDFAST_QUICKSTART names the quickstart.json of a system that already
// runs, which saves the minutes of a first start while one works on a test.
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';
import { TestApi } from '../support/index.js';
import { startSystem, type RunningSystem } from '../support/running-system.js';

type System = Pick<RunningSystem, 'primary' | 'replica' | 'users' | 'apiToken' | 'stop'>;

const executables = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export async function openSystem(): Promise<System> {
  const path = process.env['HOLDFAST_QUICKSTART'];
  if (path === undefined) return startSystem();
  const facts = JSON.parse(readFileSync(path, 'utf8')) as Omit<System, 'stop'>;
  return { ...facts, stop: () => Promise.resolve() };
}

export async function openBrowser(): Promise<Browser> {
  const executablePath = executables.find((path) => existsSync(path));
  if (executablePath === undefined) throw new Error('Chromium is not installed: apt-get install chromium');
  return chromium.launch({ executablePath, args: flags });
}

export const desktop: BrowserContextOptions = { viewport: { width: 1440, height: 900 }, locale: 'en' };
export const phone: BrowserContextOptions = { viewport: { width: 390, height: 844 }, locale: 'en' };

export interface Stored {
  id: string;
  version: number;
}

/** Writes through the API, as a colleague at another desk. */
export async function create(system: System, plural: string, input: object): Promise<Stored> {
  const response = await api(system).request('POST', `/${plural}`, input);
  if (!response.ok) throw new Error(`POST ${plural} answered ${response.status}: ${await response.text()}`);
  return (await response.json()) as Stored;
}

export async function change(system: System, plural: string, record: Stored, patch: object): Promise<void> {
  const headers = { 'if-match': `"${record.version}"` };
  const response = await api(system).request('PATCH', `/${plural}/${record.id}`, patch, headers);
  if (!response.ok) throw new Error(`PATCH ${plural} answered ${response.status}: ${await response.text()}`);
}

const api = (system: System) => new TestApi(system.primary.url, system.apiToken);

interface Credentials {
  email: string;
  password: string;
}

/** A page of its own, signed in, on the first screen. */
export async function signedIn(
  browser: Browser,
  url: string,
  { email, password }: Credentials,
  options: BrowserContextOptions = desktop,
): Promise<Page> {
  const context = await browser.newContext(options);
  // the machine may be busy with the rest of the tests
  context.setDefaultTimeout(60_000);
  const page = await context.newPage();
  await page.goto(url);
  await page.locator('input[name=email]').fill(email);
  await page.locator('input[name=password]').fill(password);
  await page.locator('button[type=submit]').click();
  await page.locator('.panel').first().waitFor();
  return page;
}

export function userWith(system: System, role: string): Credentials {
  const user = system.users.find((each) => each.role === role);
  if (!user) throw new Error(`no user with the role ${role}`);
  return user;
}

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

interface AxeViolation {
  id: string;
  nodes: { html: string }[];
}

/** What axe-core objects to on the page as it is, in a form that says where. */
export async function axeViolations(page: Page): Promise<string[]> {
  // through the debugger's own channel, so that the page's CSP stays in force
  await page.evaluate(axeSource);
  const violations = await page.evaluate<AxeViolation[]>('axe.run().then((result) => result.violations)');
  return violations.map(({ id, nodes }) => `${id} ×${nodes.length}: ${nodes[0]?.html.slice(0, 160) ?? ''}`);
}

/** Bytes of JavaScript that came over the wire since the page was opened. */
export async function scriptBytes(page: Page): Promise<number> {
  return page.evaluate<number>(
    `performance.getEntriesByType('resource').filter((e) => e.initiatorType === 'script' || e.name.endsWith('.js'))
      .reduce((sum, e) => sum + e.encodedBodySize, 0)`,
  );
}
