import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { newId } from '#shared/runtime';
import type { SignedWrite } from '../../../shared/media/port.ts';
import { TestClock } from '../../support/clock.ts';
import { type OpenGcs, openGcsStore, openHybridStore, openLocalStore, readAll } from './someStores.ts';

const MINUTE_MS = 60_000;

const clock = new TestClock();
let bucket: OpenGcs;

beforeAll(async () => {
  bucket = await openGcsStore({ clock });
});
afterAll(() => bucket.close());

function sign(name: string): Promise<SignedWrite> {
  return bucket.store.signWrite!(name, { now: clock.now(), contentType: 'image/png', bytes: 4 });
}

async function put({ method, url, headers }: SignedWrite, body: string, other: Record<string, string | undefined> = {}) {
  const sent = Object.entries({ ...headers, ...other }).filter((header): header is [string, string] => header[1] !== undefined);
  const answer = await fetch(url, { method, headers: sent, body });
  return { status: answer.status, code: /<Code>([^<]*)/.exec(await answer.text())?.[1] };
}

async function content(name: string): Promise<string | undefined> {
  const opened = await bucket.store.open(name).catch(() => undefined);
  return opened && String(await readAll(opened.body));
}

describe('A URL that lets a stranger write', () => {
  it('takes what it was signed for, once', async () => {
    const name = `uploads/${newId('img')}`;
    const signed = await sign(name);
    expect({ ...signed, url: '', expiresAt: '' }).toEqual({
      ...{ method: 'PUT', url: '', expiresAt: '' },
      headers: { 'content-type': 'image/png', 'x-goog-content-length-range': '4,4', 'x-goog-if-generation-match': '0' },
    });
    expect(await put(signed, 'four')).toEqual({ status: 200, code: undefined });
    expect(await put(signed, 'FOUR')).toEqual({ status: 412, code: 'PreconditionFailed' });
    expect(await content(name)).toBe('four');
  });

  it.each<[string, string, Record<string, string | undefined>, { status: number; code: string }]>([
    ['one byte more', 'fours', {}, { status: 400, code: 'EntityTooLarge' }],
    ['one byte fewer', 'fou', {}, { status: 400, code: 'EntityTooSmall' }],
    ['another type', 'four', { 'content-type': 'text/html' }, { status: 403, code: 'SignatureDoesNotMatch' }],
    ['no type', 'four', { 'content-type': '' }, { status: 403, code: 'SignatureDoesNotMatch' }],
    ['a wider range', 'fours', { 'x-goog-content-length-range': '0,9' }, { status: 403, code: 'SignatureDoesNotMatch' }],
    ['no range', 'fours', { 'x-goog-content-length-range': undefined }, { status: 400, code: 'MalformedSecurityHeader' }],
    ['leave to replace', 'four', { 'x-goog-if-generation-match': '7' }, { status: 403, code: 'SignatureDoesNotMatch' }],
    ['nothing about replacing', 'four', { 'x-goog-if-generation-match': undefined }, { status: 400, code: 'MalformedSecurityHeader' }],
  ])('does not take %s', async (_what, body, headers, refusal) => {
    const name = `uploads/${newId('img')}`;
    expect(await put(await sign(name), body, headers)).toEqual(refusal);
    expect(await content(name)).toBeUndefined();
  });

  it('is good for a quarter of an hour', async () => {
    const [early, late] = [`uploads/${newId('img')}`, `uploads/${newId('img')}`];
    const [first, second] = [await sign(early), await sign(late)];
    expect(first.expiresAt.getTime()).toBe(Math.floor(clock.now() / 1000) * 1000 + 15 * MINUTE_MS);
    clock.advance(first.expiresAt.getTime() - clock.now());
    expect(await put(first, 'four')).toEqual({ status: 200, code: undefined });
    clock.advance(1);
    expect(await put(second, 'four')).toEqual({ status: 400, code: 'ExpiredToken' });
    clock.advance(-15 * MINUTE_MS);
    expect(await content(late)).toBeUndefined();
  });

  it('does not read, list or delete', async () => {
    const name = `uploads/${newId('img')}`;
    const signed = await sign(name);
    await put(signed, 'four');
    for (const method of ['GET', 'DELETE']) expect((await fetch(signed.url, { method, headers: signed.headers })).status).toBe(403);
    expect(await content(name)).toBe('four');
  });

  it('is not to be had of a disk, nor of two stores as one', async () => {
    const [local, hybrid] = [await openLocalStore(), await openHybridStore()];
    expect([local.store.signWrite, hybrid.store.signWrite]).toEqual([undefined, undefined]);
    await Promise.all([local.close(), hybrid.close()]);
  });
});
