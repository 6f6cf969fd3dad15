// What may leave is changed by form or by text: each shows what the other says, and a second person sees the same text.
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core';
import { TestApi } from '../support/index.js';
import { axeViolations, desktop, openBrowser, openSystem, phone, signedIn, userWith } from './support.js';

let system: Awaited<ReturnType<typeof openSystem>>;
let api: TestApi;
let browser: Browser;
let page: Page;
let inForce: string;

beforeAll(async () => {
  system = await openSystem();
  api = new TestApi(system.primary.url, system.apiToken);
  browser = await openBrowser();
  inForce = (await api.get<{ yaml: string }>('/cloud/policy')).yaml;
}, 300_000);

afterAll(async () => {
  await browser.close();
  await system.stop();
}, 60_000);

afterEach(() => page.context().close());

async function openEditor(options: BrowserContextOptions = desktop): Promise<void> {
  page = await signedIn(browser, system.primary.url, userWith(system, 'administrator'), options);
  await page.goto(`${system.primary.url}/cloud`);
  await page.getByRole('button', { name: 'Propose a change' }).click();
  await page.locator('.policy-type').first().waitFor();
}

const text = () => page.getByRole('textbox', { name: 'Policy text' });
const type = (name: string): Locator =>
  page.locator('.policy-type').filter({ has: page.getByRole('checkbox', { name, exact: true }) });
const openType = (name: string) =>
  page.getByRole('button', { name: `What of it leaves: ${name}`, exact: true }).click();

/** The lines of the policy that differ, those that went and those that came. */
async function difference(): Promise<[string[], string[]]> {
  const now = (await text().inputValue()).split('\n');
  const before = inForce.split('\n');
  return [before.filter((line) => !now.includes(line)), now.filter((line) => !before.includes(line))];
}

describe('a policy', () => {
  it('is changed in the form, and of the text only the place changes', async () => {
    await openEditor();
    await openType('Accounts');
    await type('Accounts')
      .getByLabel(/^Revenue/)
      .selectOption('generalise band');
    await type('Accounts').getByLabel('Width of a band').first().fill('1000');
    await openType('Contacts');
    await type('Contacts')
      .getByLabel(/^E-mail/)
      .selectOption('include');
    // personal, so a reason is asked for, by the form and by the server
    await page
      .getByText(/so it needs a reason under/)
      .first()
      .waitFor();
    await type('Contacts').getByLabel('Why it may leave').fill('contract, ticket 1234');
    await page.getByRole('checkbox', { name: 'Products', exact: true }).uncheck();
    const [gone, come] = await difference();
    expect(gone).toEqual([
      expect.stringMatching(/^version: \d+$/),
      '      revenue: omit',
      '      email: { pseudonym: keyed }',
      '  product:',
    ]);
    expect(come).toEqual([
      expect.stringMatching(/^version: \d+$/),
      '      revenue: { generalise: { band: 1000 } }',
      '      email: include',
      'allow:',
      "  contact.email: 'contract, ticket 1234'",
    ]);
    await page.getByText('886 go').first().waitFor();
    expect(await page.getByRole('alert').count()).toBe(0);
    expect(await axeViolations(page)).toEqual([]);
  });

  it('is changed in the text, and the form follows; what cannot be read locks it and says where', async () => {
    await openEditor();
    await openType('Accounts');
    const phoneChoice = type('Accounts').getByLabel(/^Phone/);
    expect(await phoneChoice.inputValue()).toBe('mask last4');
    const written = await text().inputValue();
    await text().fill(written.replace('phone: { mask: last4 }', 'phone: omit'));
    await expectValue(phoneChoice, 'omit');
    const line = written.split('\n').indexOf('      revenue: omit') + 1;
    await text().fill(written.replace('revenue: omit', 'revenue: a: omit'));
    const notice = page.getByRole('status').filter({ hasText: 'cannot be shown here' });
    await notice.waitFor();
    expect(await notice.innerText()).toContain(`Line ${line} of the text`);
    expect(await phoneChoice.isDisabled()).toBe(true);
    expect(await page.getByRole('checkbox', { name: 'Products', exact: true }).isDisabled()).toBe(true);
    await text().fill(written);
    await notice.waitFor({ state: 'detached' });
    await expectValue(phoneChoice, 'mask last4');
    expect(await phoneChoice.isEnabled()).toBe(true);
  });

  it('says beneath both what enters and leaves, and is proposed as it stands there', async () => {
    await openEditor();
    await openType('Accounts');
    await type('Accounts').getByLabel('Only where').fill('{ field: sector, op: in, value: [retail, medical]');
    await page.getByText('This is not finished or cannot be read.').waitFor();
    expect(await difference()).toEqual([
      [expect.stringMatching(/^version/)],
      [expect.stringMatching(/^version/)],
    ]);
    await type('Accounts')
      .getByLabel('Only where')
      .fill('{ field: sector, op: in, value: [retail, medical] }');
    await page.getByRole('button', { name: 'Compare with the policy in force' }).click();
    await page
      .getByText(/^\d+ enter/)
      .first()
      .waitFor();
    await page
      .getByText(/^\d[\d,]* leave/)
      .first()
      .waitFor();
    const proposed = await text().inputValue();
    expect(proposed).toContain('    where: { field: sector, op: in, value: [retail, medical] }\n');
    await page.getByRole('textbox', { name: 'Reason for the change' }).fill('only shops and clinics');
    await page.getByRole('button', { name: 'Propose', exact: true }).click();
    const dialog = page.getByRole('dialog');
    await Promise.race([dialog.waitFor(), text().waitFor({ state: 'detached' })]);
    if (await dialog.isVisible())
      await dialog.getByRole('button', { name: 'I have read this: go on' }).click();
    await text().waitFor({ state: 'detached' });
    const { data } = await api.get<{ data: { state: string; yaml: string; reason: string }[] }>(
      '/cloud/policy/versions',
    );
    expect(data.find(({ reason }) => reason === 'only shops and clinics')).toMatchObject({
      state: 'proposed',
      yaml: proposed,
    });
  });

  it('says what holds for all types: fields that are not named, and when deletes are held', async () => {
    await openEditor();
    await page.getByText('Rules for all types', { exact: true }).first().click();
    const rules = page.locator('.policy-rules');
    await rules.getByLabel('confidential', { exact: true }).selectOption('include');
    await page
      .getByText(/so it needs a reason under/)
      .first()
      .waitFor();
    await rules.getByLabel('Why it may leave').fill('agreed with the board');
    await rules.getByLabel('public', { exact: true }).selectOption('plain');
    await rules.getByLabel(/^Hold a batch/).fill('many');
    await rules.locator('.policy-fault').first().waitFor();
    await rules.getByLabel(/^Hold a batch/).fill('750');
    const [gone, come] = await difference();
    expect(gone.slice(1)).toEqual([
      '  classification: { special: omit, personal: omit, confidential: omit, internal: include, public: include }',
      'brake: { deletes: 500 }',
    ]);
    expect(come.slice(1)).toEqual([
      '  classification: { special: omit, personal: omit, confidential: include, internal: include }',
      'brake: { deletes: 750 }',
      'allow:',
      '  confidential: agreed with the board',
    ]);
    expect(await axeViolations(page)).toEqual([]);
    await rules.getByLabel(/^Hold a batch/).fill('');
    expect((await text().inputValue()).includes('brake:')).toBe(false);
  });

  it('is written on a phone behind two tabs, with the keyboard', async () => {
    await openEditor({ ...phone, colorScheme: 'dark' });
    expect(await text().isHidden()).toBe(true);
    await openType('Deals');
    await type('Deals').getByRole('combobox', { name: 'Add…' }).selectOption({ label: 'Contacts' });
    expect(await axeViolations(page)).toEqual([]);
    await page.getByRole('tab', { name: 'Form' }).focus();
    await page.keyboard.press('ArrowRight');
    expect(await page.getByRole('tab', { name: 'Text' }).getAttribute('aria-selected')).toBe('true');
    expect((await difference())[1]).toContain('    follows: [account, contact]');
    expect(await axeViolations(page)).toEqual([]);
    expect(await page.evaluate<number>('document.documentElement.scrollWidth')).toBe(390);
  });
});

async function expectValue(control: Locator, value: string): Promise<void> {
  await page.waitForFunction(
    ([element, wanted]) => (element as { value?: string } | null)?.value === wanted,
    [await control.elementHandle(), value] as const,
  );
}
