import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { bucketCors } from '../../../scripts/local/bucketCors.ts';
import { openBrowser } from '../../support/browser.ts';
import { HOUSE_BUCKET, type House, openHouse } from '../../support/openHouse.ts';
import { namesIn, newUploader, type Uploader } from './uploader.ts';

let house: House;
let mina: Uploader;
let browser: Browser;
/** Two sites. Only the first may use the service and its bucket. */
let sites: Server[];
let [ours, foreign]: string[] = [];

beforeAll(async () => {
  sites = await Promise.all([openSite(), openSite()]);
  [ours, foreign] = sites.map(originOf);
  house = await openHouse({ hasBucket: true, settings: { MEDIA_STORES: `gcs:${HOUSE_BUCKET}`, ALLOWED_ORIGINS: ours! } });
  await house.gcs!.createBucket(HOUSE_BUCKET, { cors: bucketCors([ours!]) });
  mina = await newUploader(house);
  browser = await openBrowser();
}, 60_000); // the first time, the browser is unpacked

afterAll(async () => {
  await browser?.close();
  await house?.close();
  await Promise.all(sites.map((site) => new Promise((resolve) => site.close(resolve))));
});

async function openSite(): Promise<Server> {
  const site = createServer((_request, response) =>
    response.setHeader('content-type', 'text/html').end('<!doctype html><title>Sori</title>'),
  );
  return await new Promise((resolve) => site.listen(0, '127.0.0.1', () => resolve(site)));
}

function originOf(site: Server): string {
  return `http://127.0.0.1:${(site.address() as AddressInfo).port}`;
}

async function visit(origin: string | undefined): Promise<Page> {
  const page = await browser.newPage();
  await page.goto(origin!);
  return page;
}

/** Runs in the page: as an app does it, with nothing but what browsers have. */
async function uploadDrawing({ url, token }: { url: string; token: string }) {
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [1000, 600];
  canvas.getContext('2d')!.fillRect(100, 100, 300, 300);
  const drawing = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/png'));
  const call = async (name: string, input: object) => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    return (await fetch(`${url}/${name}`, { method: 'POST', headers, body: JSON.stringify(input) })).json();
  };
  const { imageId, upload } = await call('startUpload', { contentType: 'image/png', bytes: drawing!.size, title: 'A drawing' });
  const { status } = await fetch(upload.url, { method: upload.method, headers: upload.headers, body: drawing });
  const { image, ticket } = await call('finishUpload', { imageId });
  return { status, image, ticket };
}

/** Runs in the page. @returns how large the picture is that one sees */
async function showPicture(address: string): Promise<number[]> {
  const picture = document.body.appendChild(new Image());
  picture.src = address;
  await picture.decode();
  return [picture.naturalWidth, picture.naturalHeight];
}

describe('A browser at another origin', () => {
  it('sends a picture to the bucket by the signed URL, and shows it by the ticket', async () => {
    const page = await visit(ours);
    const { status, image, ticket } = await page.evaluate(uploadDrawing, { url: house.service.url, token: mina.token! });
    expect([status, image]).toEqual([200, expect.objectContaining({ title: 'A drawing', widthPx: 1000, heightPx: 600 })]);
    const address = (size: string) => `${house.service.url}/showImage?${new URLSearchParams({ imageId: image.imageId, size, ticket })}`;
    expect(await page.evaluate(showPicture, address('original'))).toEqual([1000, 600]);
    expect(await page.evaluate(showPicture, address('thumb'))).toEqual([320, 192]);
    await page.close();
  });

  it('cannot send to the bucket when its origin is not allowed, though it has the address', async () => {
    const page = await visit(foreign);
    const { imageId, upload } = (await mina.start(4)).body;
    const send = ({ url, headers }: typeof upload) =>
      fetch(url, { method: 'PUT', headers, body: 'four' }).then(
        ({ status }) => `sent: ${status}`,
        (error: Error) => error.message,
      );
    expect(await page.evaluate(send, upload)).toBe('Failed to fetch');
    expect(await namesIn(`uploads/${imageId}`)).toEqual([[]]);
    expect(await (await visit(ours)).evaluate(send, upload)).toBe('sent: 200');
    await page.close();
  });

  it('cannot call the service when its origin is not allowed, though it has the token', async () => {
    const page = await visit(foreign);
    const failure = page.evaluate(uploadDrawing, { url: house.service.url, token: mina.token! });
    await expect(failure).rejects.toThrow('Failed to fetch');
    await page.close();
  });
});
