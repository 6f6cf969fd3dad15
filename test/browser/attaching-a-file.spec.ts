// Files on a record: dropped, sent, looked at, renamed, thrown away and brought back.
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { create, openBrowser, openSystem, signedIn, userWith } from './support.js';

let system: Awaited<ReturnType<typeof openSystem>>;
let browser: Browser;
let page: Page;
const problems: string[] = [];

beforeAll(async () => {
  system = await openSystem();
  browser = await openBrowser();
}, 300_000);

afterAll(async () => {
  await browser.close();
  await system.stop();
}, 60_000);

afterEach(() => page.context().close());

/** a red square, two by two */
const png = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAEElEQVR4nGP4z8AARAwQCgAf7gP9i18U1AAAAABJRU5ErkJggg==',
  'base64',
);

/** Two pages with a word on each, written by hand. */
function pdf(): Buffer {
  const content = (text: string) => {
    const stream = `BT /F1 48 Tf 72 700 Td (${text}) Tj ET`;
    return `<< /Length ${stream.length} >>\nstream\n${stream}\nendstream`;
  };
  const pageOf = (contents: number) =>
    `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents ${contents} 0 R /Resources << /Font << /F1 7 0 R >> >> >>`;
  const objects = [
    '<< /Type /Catalog /Pages 2 0 R >>',
    '<< /Type /Pages /Kids [3 0 R 5 0 R] /Count 2 >>',
    pageOf(4),
    content('First'),
    pageOf(6),
    content('Second'),
    '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>',
  ];
  let text = '%PDF-1.4\n';
  const offsets = objects.map((object, index) => {
    const at = text.length;
    text += `${index + 1} 0 obj\n${object}\nendobj\n`;
    return at;
  });
  const table = offsets.map((at) => `${String(at).padStart(10, '0')} 00000 n \n`).join('');
  const size = objects.length + 1;
  return Buffer.from(
    `${text}xref\n0 ${size}\n0000000000 65535 f \n${table}trailer << /Size ${size} /Root 1 0 R >>\nstartxref\n${text.length}\n%%EOF\n`,
  );
}

async function openDeal(name: string) {
  const { id } = await create(system, 'deals', { name, stage: 'engaging' });
  page = await signedIn(browser, system.primary.url, userWith(system, 'administrator'));
  page.on('console', (message) => {
    if (message.type() === 'error') problems.push(message.text());
  });
  await page.goto(`${system.primary.url}/deals/${id}`);
  await page.getByRole('heading', { name: 'Files', exact: true }).waitFor();
}

const choose = (...files: { name: string; mimeType: string; buffer: Buffer }[]) =>
  page.locator('.files input[type=file]').setInputFiles(files);
const row = (name: string) => page.locator('.file-row', { hasText: name });

describe('a file', () => {
  it('is dropped anywhere on the record, several at once, and its history says so', async () => {
    await openDeal('Files: dropped');
    await page.evaluate(`(() => {
      const transfer = new DataTransfer();
      transfer.items.add(new File(['one'], 'offer.txt', { type: 'text/plain' }));
      transfer.items.add(new File(['two'], 'terms.txt', { type: 'text/plain' }));
      const event = (type) => new DragEvent(type, { dataTransfer: transfer, bubbles: true, cancelable: true });
      document.querySelector('h1').dispatchEvent(event('dragover'));
      document.querySelector('h1').dispatchEvent(event('drop'));
    })()`);
    await row('offer.txt').getByRole('link', { name: 'offer.txt' }).waitFor();
    await row('terms.txt').getByRole('link', { name: 'terms.txt' }).waitFor();
    await page.reload();
    await page.locator('.timeline').getByText('offer.txt').waitFor();
  });

  it('is shown where it is an image or a PDF, under the page’s own security policy', async () => {
    await openDeal('Files: shown');
    problems.length = 0;
    await choose(
      { name: 'square.png', mimeType: 'image/png', buffer: png },
      { name: 'offer.pdf', mimeType: 'application/pdf', buffer: pdf() },
    );
    await page.getByRole('button', { name: 'square.png', exact: true }).click();
    const image = page.getByRole('dialog', { name: 'square.png' }).getByRole('img');
    await image.waitFor();
    expect(await image.evaluate((element: { naturalWidth: number }) => element.naturalWidth)).toBe(2);
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'offer.pdf', exact: true }).click();
    await page.getByRole('img', { name: 'Page 1 of 2' }).waitFor();
    await page.locator('canvas[data-drawn]').first().waitFor();
    const inked = await page.evaluate<number>(`(() => {
      const canvas = document.querySelector('canvas[data-drawn]');
      const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
      let count = 0;
      for (let at = 0; at < data.length; at += 4) if (data[at] < 64) count += 1;
      return count;
    })()`);
    expect(inked).toBeGreaterThan(100);
    expect(problems).toEqual([]);
  });

  it('is renamed and labelled', async () => {
    await openDeal('Files: renamed');
    await choose({ name: 'draft.txt', mimeType: 'text/plain', buffer: Buffer.from('text') });
    await page.getByRole('button', { name: 'Actions for draft.txt' }).click();
    await page.getByRole('menuitem', { name: 'Rename or label' }).click();
    await page.getByRole('textbox', { name: 'Name' }).fill('final.txt');
    await page.getByRole('combobox', { name: 'Label' }).selectOption({ label: 'May be shared' });
    await page.getByRole('button', { name: 'Save' }).click();
    await row('final.txt').getByText('May be shared').waitFor();
  });

  it('is thrown away and brought back', async () => {
    await openDeal('Files: thrown away');
    await choose({ name: 'wrong.txt', mimeType: 'text/plain', buffer: Buffer.from('text') });
    await page.getByRole('button', { name: 'Actions for wrong.txt' }).click();
    await page.getByRole('menuitem', { name: 'Delete' }).click();
    await page.getByText('wrong.txt is in the recycle bin.').waitFor();
    await row('wrong.txt').waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Undo' }).click();
    await row('wrong.txt').waitFor();
  });

  it('can be stopped on its way', async () => {
    await openDeal('Files: stopped');
    const link = await page.context().newCDPSession(page);
    await link.send('Network.emulateNetworkConditions', {
      offline: false,
      latency: 0,
      downloadThroughput: -1,
      uploadThroughput: 50_000,
    });
    await choose({
      name: 'big.bin',
      mimeType: 'application/octet-stream',
      buffer: Buffer.alloc(3_000_000, 7),
    });
    await page.getByRole('progressbar', { name: 'Sending big.bin' }).waitFor();
    await page.getByRole('button', { name: 'Stop sending big.bin' }).click();
    await row('big.bin').waitFor({ state: 'detached' });
    await page.reload();
    await page.getByText('Drop files anywhere on this page, or choose them.').waitFor();
  });
});
