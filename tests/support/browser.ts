/** A real browser, without a window. It comes with the packages of the project, so every machine tests with the same one. */
import { execFile } from 'node:child_process';
import { createReadStream, createWriteStream, existsSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { createBrotliDecompress } from 'node:zlib';
import type { Browser } from 'playwright-core';

const MODULES = path.join(import.meta.dirname, '..', '..', 'node_modules');
const PACKAGE = path.join(MODULES, '@sparticuz', 'chromium');
const HOW_TO_GET_ONE = 'Run `npm ci`, on Linux with an x86-64 processor: the package @sparticuz/chromium brings the browser along.';

/**
 * The package's own flags are not used: they turn off what such tests are about, that pages of one origin cannot read from another.
 *
 * @throws naming the command that brings a browser
 */
export async function openBrowser(): Promise<Browser> {
  try {
    const { chromium } = await import('playwright-core');
    const place = await unpacked();
    return await chromium.launch({
      executablePath: path.join(place, 'chromium'),
      args: ['--no-sandbox', '--no-zygote', '--disable-gpu', '--disable-background-networking'],
      env: { ...process.env, LD_LIBRARY_PATH: path.join(place, 'lib') },
    });
  } catch (error) {
    throw new Error(`There is no browser to test with. ${HOW_TO_GET_ONE}`, { cause: error });
  }
}

/**
 * The folder of the unpacked browser, which is made once for each version. Under another name first, so that there is a whole one or
 * none, however many make it at once and whenever one is killed.
 */
async function unpacked(): Promise<string> {
  const { version } = JSON.parse(readFileSync(path.join(PACKAGE, 'package.json'), 'utf8')) as { version: string };
  const place = path.join(MODULES, '.cache', 'sori-chromium', version);
  if (existsSync(place)) return place;
  await mkdir(path.dirname(place), { recursive: true });
  const half = await mkdtemp(`${place}-`);
  try {
    await inflate('chromium.br', path.join(half, 'chromium'), 0o755);
    const libraries = path.join(half, 'libraries.tar'); // of the system that it was built for: not every machine has them
    await inflate('al2023.tar.br', libraries);
    await promisify(execFile)('tar', ['-xf', libraries, '-C', half]);
    await rename(half, place);
  } catch (error) {
    await rm(half, { recursive: true, force: true });
    if (!existsSync(place)) throw error; // else another was faster
  }
  return place;
}

async function inflate(name: string, target: string, mode = 0o644): Promise<void> {
  await pipeline(createReadStream(path.join(PACKAGE, 'bin', name)), createBrotliDecompress(), createWriteStream(target, { mode }));
}
