import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { projectFolder } from '../../scripts/check/command.ts';
import { docsFiles } from '../../scripts/docs/docsPage.ts';
import { loadEndpoints } from '../../scripts/loadEndpoints.ts';
import { type FunctionsHost, startFunctions } from '../../scripts/local/functions.ts';
import { openBrowser } from '../support/browser.ts';

let host: FunctionsHost;
let browser: Browser;
let page: Page;
let names: string[];
/** What the page asked for, and what it complained of. */
const asked: string[] = [];
const complaints: string[] = [];

const PHONE = { width: 360, height: 740 };
const read = (path: string) => readFileSync(join(projectFolder, path), 'utf8');

beforeAll(async () => {
  const pool = { names: [], answer: () => undefined, close: () => Promise.resolve() };
  host = await startFunctions(pool, 0, await docsFiles(read('docs/openapi.json')));
  names = (await loadEndpoints()).filter(({ access, name }) => access !== 'scheduler' && name !== 'answerUnknown').map(({ name }) => name);
  browser = await openBrowser();
  page = await browser.newPage({ viewport: PHONE });
  page.on('request', (request) => asked.push(request.url()));
  page.on('console', (message) => complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(error.message));
  await page.goto(`http://127.0.0.1:${host.port}/docs`);
}, 60_000); // the first time, the browser is unpacked

afterAll(async () => {
  await browser?.close();
  await host?.close();
});

const idsShown = () =>
  page.evaluate(() => [...document.querySelectorAll<HTMLElement>('[data-function]')].filter(({ hidden }) => !hidden).map(({ id }) => id));

async function searchFor(words: string): Promise<string[]> {
  await page.fill('#search', words);
  return await idsShown();
}

describe('The page at /docs', () => {
  it('has every function that clients may call', async () => {
    expect((await idsShown()).toSorted()).toEqual(names.toSorted());
  });

  it('asks for nothing from elsewhere, and breaks no rule of its policy', () => {
    const origin = `http://127.0.0.1:${host.port}`;
    expect(asked.map((url) => url.replace(origin, ''))).toEqual(['/docs', '/docs/page.css', '/docs/search.js']);
    expect(complaints).toEqual([]);
  });

  it('finds functions by what they do, in English and by the Korean name of their area, and leaves their links', async () => {
    expect(await searchFor('picture bucket')).toEqual(expect.arrayContaining(['startUpload', 'finishUpload']));
    expect(await searchFor('createsong')).toContain('createSong');
    const pictures = await searchFor('사진');
    expect([pictures.includes('startUpload'), pictures.includes('createSong')]).toEqual([true, false]);
    const links = await page.evaluate(() => [...document.querySelectorAll<HTMLElement>('nav li')].filter(({ hidden }) => !hidden).length);
    expect(links).toBe(pictures.length);
    expect(await page.textContent('#found')).toBe(`${pictures.length} of ${names.length} functions`);
    expect(await searchFor('zither quartet')).toEqual([]);
    expect((await searchFor('')).length).toBe(names.length);
  });

  it('fits a phone: nothing but code and tables is wider than the screen, and they scroll', async () => {
    const width = await page.evaluate(() => {
      for (const details of document.querySelectorAll('details')) details.open = true;
      return document.documentElement.scrollWidth;
    });
    expect(width).toBe(PHONE.width);
  });

  it('can be used without seeing it: language, names, labels, one heading of the first level, no level left out', async () => {
    const found = await page.evaluate(() => ({
      language: document.documentElement.lang,
      unnamed: [...document.querySelectorAll('a, summary, input')].filter(
        (each) => !each.textContent && !(each as HTMLInputElement).labels?.length,
      ).length,
      levels: [...document.querySelectorAll('h1, h2, h3, h4')].map(({ tagName }) => Number(tagName[1])),
      tablesWithoutHeads: [...document.querySelectorAll('table')].filter((table) => !table.querySelector('th[scope=col]')).length,
    }));
    expect(found).toMatchObject({ language: 'en', unnamed: 0, tablesWithoutHeads: 0 });
    expect(found.levels.filter((level) => level === 1)).toEqual([1]);
    const jumps = found.levels.filter((level, at) => level > (found.levels[at - 1] ?? 0) + 1);
    expect(jumps).toEqual([]);
  });

  it('has an anchor for every link of its own, and no anchor twice', async () => {
    const { links, ids } = await page.evaluate(() => ({
      links: [...document.querySelectorAll('a[href^="#"]')].map((link) => link.getAttribute('href')!.slice(1)),
      ids: [...document.querySelectorAll('[id]')].map(({ id }) => id),
    }));
    expect(links.filter((link) => !ids.includes(link))).toEqual([]);
    expect(ids.filter((id, at) => ids.indexOf(id) !== at)).toEqual([]);
  });

  it('shows calls that a shell reads as they are meant', async () => {
    const calls = await page.evaluate(() => [...document.querySelectorAll('[data-function] > pre')].map(({ textContent }) => textContent));
    expect(calls.length).toBe(names.length);
    expect(calls.find((call) => call?.includes('/createSong'))).toBe(
      'curl "$BASE/v1/createSong" \\\n  -H "Authorization: Bearer $TOKEN" \\\n  -H \'Content-Type: application/json\' \\\n' +
        '  -d \'{"prompt":"a calm song about paper boats","style":"folk"}\'',
    );
  });

  it('is sent with the same headers here and by Firebase Hosting', async () => {
    const { hosting } = JSON.parse(read('firebase.json')) as {
      hosting: { headers: { source: string; headers: { key: string; value: string }[] }[] };
    };
    expect(hosting.headers.map(({ source }) => source)).toEqual(['/docs', '/docs/**']);
    const answer = await fetch(`http://127.0.0.1:${host.port}/docs/`);
    for (const { headers } of hosting.headers) {
      expect(headers.length).toBe(4);
      expect(headers.map(({ key }) => [key, answer.headers.get(key)])).toEqual(headers.map(({ key, value }) => [key, value]));
    }
  });
});

describe('The guide beside it', () => {
  const GUIDE = 'docs/clients.md';

  beforeAll(async () => {
    asked.length = 0;
    await page.click('a[href="/docs/guide.html"]');
  });

  it('is found from the first steps, and tells of sign-in, refresh, listening, uploads, errors and what is repeated', async () => {
    const headings = await page.evaluate(() => [...document.querySelectorAll('h1, h2, h3')].map(({ textContent }) => textContent));
    const written = [
      ...read(GUIDE)
        .replaceAll(/^```[\s\S]*?^```/gm, '')
        .matchAll(/^#+ (.*)$/gm),
    ].map(([, text]) => text);
    expect(headings).toEqual(written);
    const text = (await page.textContent('main'))!;
    for (const word of [
      'refreshSession',
      'onSnapshot',
      'uploadImage',
      'rate_limited',
      'Idempotency-Key',
      'Retry-After',
      'Swift',
      'Kotlin',
    ]) {
      expect(text).toContain(word);
    }
  });

  it('shows every example and every row of its tables as they are written, and nothing of how they are marked', async () => {
    const source = read(GUIDE);
    const examples = [...source.matchAll(/^```\w*\n([\s\S]*?)\n```$/gm)].map(([, text]) => text);
    const shown = await page.evaluate(() => [...document.querySelectorAll('pre')].map(({ textContent }) => textContent));
    expect(shown).toEqual(expect.arrayContaining(examples));
    const rows = source.split('\n').filter((line) => /^\|(?!-)/.test(line)).length;
    expect(await page.evaluate(() => document.querySelectorAll('tr').length)).toBe(rows);
    const prose = await page.evaluate(() =>
      [...document.querySelectorAll('p, li, td, h2')].map(({ textContent }) => textContent).join('\n'),
    );
    expect(prose).not.toMatch(/\*\*|`|\]\(|^\|/m);
  });

  it('asks for nothing from elsewhere, fits a phone, and has an anchor for every link of its own', async () => {
    expect(asked.map((url) => new URL(url).pathname)).toEqual(['/docs/guide.html', '/docs/page.css']);
    expect(complaints).toEqual([]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(PHONE.width);
    const missing = await page.evaluate(() =>
      [...document.querySelectorAll('a[href^="#"]')].map((link) => link.getAttribute('href')!).filter((to) => !document.querySelector(to)),
    );
    expect(missing).toEqual([]);
  });
});
