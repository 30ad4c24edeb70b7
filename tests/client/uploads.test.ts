import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { build } from 'esbuild';
import type { Browser, Page } from 'playwright-core';
import sharp from 'sharp';
import { type Client, createClient } from '#shared/client';
import { projectFolder } from '../../scripts/check/command.ts';
import { bucketCors } from '../../scripts/local/bucketCors.ts';
import { openBrowser } from '../support/browser.ts';
import { HOUSE_BUCKET, type House, openHouse } from '../support/openHouse.ts';

let house: House;
let browser: Browser;
let origin: string;
let closeSite: () => Promise<unknown>;
const password = 'a long password';

/** The client as an app bundles it; in a page it stands under `sori`. */
async function bundledClient(): Promise<string> {
  const entry = path.join(projectFolder, 'shared', 'client', 'index.ts');
  const { outputFiles } = await build({ entryPoints: [entry], bundle: true, globalName: 'sori', target: 'es2022', write: false });
  return outputFiles[0]!.text;
}

async function openSite(): Promise<void> {
  const script = await bundledClient();
  const site = createServer((request, response) =>
    request.url === '/client.js'
      ? response.setHeader('content-type', 'text/javascript').end(script)
      : response.setHeader('content-type', 'text/html').end('<!doctype html><title>Sori</title><script src="/client.js"></script>'),
  );
  await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', () => resolve()));
  origin = `http://127.0.0.1:${(site.address() as AddressInfo).port}`;
  closeSite = () => new Promise((resolve) => site.close(resolve));
}

beforeAll(async () => {
  await openSite();
  house = await openHouse({ hasBucket: true, settings: { MEDIA_STORES: `gcs:${HOUSE_BUCKET}`, ALLOWED_ORIGINS: origin } });
  await house.gcs!.createBucket(HOUSE_BUCKET, { cors: bucketCors([origin]) });
  browser = await openBrowser();
}, 60_000); // the first time, the browser is unpacked

afterAll(async () => {
  await browser?.close();
  await house?.close();
  await closeSite();
});

function newEmail(): string {
  return `${randomBytes(6).toString('hex')}@sori.example`;
}

async function visit(): Promise<Page> {
  const page = await browser.newPage();
  await page.goto(origin);
  return page;
}

/** Runs in the page: all that an app does, with nothing but the client. */
async function liveInPage({ baseUrl, email, password }: { baseUrl: string; email: string; password: string }) {
  const { createClient } = (globalThis as unknown as { sori: typeof import('#shared/client') }).sori;
  const client = createClient({ baseUrl });
  await client.signUp({ email, password, displayName: 'Mina' });
  await client.signIn({ email, password });
  const { generation } = await client.createSong({ prompt: 'a song from a page' });
  const followed = (await client.getGeneration({ generationId: generation.generationId })).generation;
  const listed: string[] = [];
  for await (const { generationId } of client.listGenerations.all({ limit: 1 })) listed.push(generationId);
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [1500, 1500];
  const context = canvas.getContext('2d')!;
  const noise = context.createImageData(1500, 1500);
  for (let at = 0; at < noise.data.length; at += 1) noise.data[at] = (at * 7919 * (at % 251)) % 256; // many bytes: they go out piece by piece
  context.putImageData(noise, 0, 0);
  const drawing = await new Promise<Blob>((resolve) => canvas.toBlob((blob) => resolve(blob!), 'image/png'));
  const progress: { sentBytes: number; totalBytes: number }[] = [];
  const { image, ticket } = await client.uploadImage(drawing, { title: 'A drawing', onProgress: (step) => progress.push(step) });
  const shown = new Image();
  shown.src = client.showImage.url({ imageId: image.imageId, size: 'thumb', ticket });
  await shown.decode();
  const refusal = await client
    .getSong({ songId: 'sng_00000000000000000000' })
    .catch((error) => ({ code: error.code, status: error.status }));
  const made = { generation: generation.generationId, followed: followed.state, listed };
  return { made, image, bytes: drawing.size, progress, shownWidth: shown.naturalWidth, refusal };
}

describe('A page in a browser', () => {
  it('signs in, has a song made, lists, uploads with progress, shows the picture, and reads refusals', async () => {
    const page = await visit();
    const found = await page.evaluate(liveInPage, { baseUrl: house.service.url, email: newEmail(), password });
    expect(found.made).toEqual({ generation: expect.any(String), followed: 'queued', listed: [found.made.generation] });
    expect(found.image).toMatchObject({ title: 'A drawing', contentType: 'image/png', widthPx: 1500, bytes: expect.any(Number) });
    expect(found.shownWidth).toBe(320);
    expect(found.refusal).toEqual({ code: 'not_found', status: 404 });
    const sent = found.progress.map(({ sentBytes }) => sentBytes);
    expect(sent).toEqual(sent.toSorted((a, b) => a - b));
    expect([sent[0], sent.at(-1)]).toEqual([0, found.bytes]);
    expect(sent.length).toBeGreaterThan(2);
    await page.close();
  });

  it('can end an upload halfway, and nothing counts', async () => {
    const page = await visit();
    const start = { baseUrl: house.service.url, email: newEmail(), password };
    const ended = await page.evaluate(async ({ baseUrl, email, password }) => {
      const { createClient } = (globalThis as unknown as { sori: typeof import('#shared/client') }).sori;
      const client = createClient({ baseUrl });
      await client.signUp({ email, password, displayName: 'Mina' });
      const leaving = new AbortController();
      const file = new Blob([new Uint8Array(10_000_000)], { type: 'image/png' });
      const onProgress = () => leaving.abort('changed my mind');
      const reason = await client.uploadImage(file, { onProgress, signal: leaving.signal }).catch((error) => error);
      return { reason, images: (await client.listImages()).items.length };
    }, start);
    expect(ended).toEqual({ reason: 'changed my mind', images: 0 });
    await page.close();
  });
});

describe('A program on Node', () => {
  async function signedUp(own?: typeof fetch): Promise<Client> {
    const client = createClient({ baseUrl: house.service.url, ...(own ? { fetch: own } : {}), retry: { firstPauseMs: 5 } });
    await client.signUp({ email: newEmail(), password, displayName: 'Mina' });
    return client;
  }

  async function photograph(): Promise<Blob> {
    const bytes = await sharp({ create: { width: 40, height: 30, channels: 3, background: 'teal' } })
      .jpeg()
      .toBuffer();
    return new Blob([new Uint8Array(bytes)], { type: 'image/jpeg' });
  }

  it('uploads by fetch, and is told of the beginning and the end', async () => {
    const file = await photograph();
    const sent: number[] = [];
    const { image } = await (await signedUp()).uploadImage(file, { onProgress: ({ sentBytes }) => sent.push(sentBytes) });
    expect(image).toMatchObject({ widthPx: 40, heightPx: 30, title: '' });
    expect(sent).toEqual([0, file.size]);
  });

  it('sends the bytes again when the answer of the bucket is lost, and finishes with what is there', async () => {
    const statuses: number[] = [];
    const losing: typeof fetch = async (...request) => {
      const answer = await fetch(...request);
      if (request[1]?.method !== 'PUT') return answer;
      statuses.push(answer.status);
      if (statuses.length === 1) throw new TypeError('fetch failed');
      return answer;
    };
    const { image } = await (await signedUp(losing)).uploadImage(await photograph());
    expect([image.widthPx, statuses]).toEqual([40, [200, 412]]);
  });

  it('is told when the bucket refuses the bytes, and when they are no picture', async () => {
    const expired: typeof fetch = (...request) =>
      request[1]?.method === 'PUT' ? Promise.resolve(new Response('expired', { status: 400 })) : fetch(...request);
    const refused = (await signedUp(expired)).uploadImage(await photograph());
    await expect(refused).rejects.toMatchObject({ code: 'upload_refused', status: 400 });
    const text = new Blob(['not a picture'], { type: 'image/png' });
    await expect((await signedUp()).uploadImage(text)).rejects.toMatchObject({ code: 'picture_refused' });
    await expect((await signedUp()).uploadImage(new Blob(['text']))).rejects.toMatchObject({ code: 'invalid_input' });
  });
});
