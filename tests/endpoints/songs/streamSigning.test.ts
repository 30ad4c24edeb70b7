import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { getPlayback } from '../../../functions/songs/getPlayback.ts';
import { waitUntil } from '../../../scripts/local/waitUntil.ts';
import { TestClock } from '../../support/clock.ts';
import { given } from '../../support/given.ts';
import { type BucketHouse, openBucketHouse } from './bucketHouse.ts';

const MIB = 1024 * 1024;
const HOUR_MS = 3_600_000;
const LONG = Buffer.alloc(9 * MIB, 'a song of nine mebibytes');
const SHORT = Buffer.alloc(100_000, 'a short song');

// Ten minutes into an hour.
const clock = new TestClock(Math.floor(Date.now() / HOUR_MS) * HOUR_MS + 600_000);
let bucket: BucketHouse;
let long: string;
let short: string;

beforeAll(async () => {
  bucket = await openBucketHouse(clock);
  const { owner } = await bucket.house.newPeople();
  const song = async (bytes: Buffer) => (await given.song({ owner: owner.uid, visibility: 'public', bytes })).songId;
  [long, short] = [await song(LONG), await song(SHORT)];
});

afterAll(() => bucket?.close());

interface Got {
  status: number;
  headers: Headers;
  bytes: Buffer;
}

async function get(songId: string, headers: Record<string, string> = {}, { name = 'streamSong', method = 'GET' } = {}): Promise<Got> {
  const answer = await fetch(`${bucket.house.service.url}/${name}?songId=${songId}`, { method, headers, redirect: 'manual' });
  return { status: answer.status, headers: answer.headers, bytes: Buffer.from(await answer.arrayBuffer()) };
}

const location = async (songId: string) => (await get(songId)).headers.get('location') ?? '';

describe('A redirect to the bucket', () => {
  it('is the same for everybody within the hour, and another one in the next', async () => {
    const first = await location(long);
    clock.advance(49 * 60_000);
    const ticketed = await bucket.house.service.call(getPlayback, { songId: long });
    const byTicket = await fetch(ticketed.body.url, { redirect: 'manual' });
    expect([await location(long), byTicket.headers.get('location')]).toEqual([first, first]);
    clock.advance(60_000);
    expect(await location(long)).not.toBe(first);
    clock.advance(10 * 60_000);
  });

  it('is kept by the caller alone, and never longer than its URL lives', async () => {
    for (const advanceMs of [0, 20 * 60_000, 29 * 60_000]) {
      clock.advance(advanceMs);
      const { status, headers, bytes } = await get(long, { range: 'bytes=0-1' });
      const [, maxAgeS] = /^private, max-age=(\d+)$/.exec(headers.get('cache-control') ?? '') ?? [];
      const { searchParams } = new URL(headers.get('location') ?? '');
      const signedAt = Date.parse((searchParams.get('X-Goog-Date') ?? '').replace(/^(....)(..)(..T..)(..)(.*)$/, '$1-$2-$3:$4:$5'));
      const livesS = (signedAt + Number(searchParams.get('X-Goog-Expires')) * 1000 - clock.now()) / 1000;
      expect([status, bytes.length, livesS > 2 * 3600, livesS <= 3 * 3600]).toEqual([302, 0, true, true]);
      expect(Number(maxAgeS)).toBe(livesS - 60);
      expect(headers.get('vary')).toContain('Authorization');
    }
  });

  it('is what HEAD gets too', async () => {
    const { status, headers } = await get(short, {}, { method: 'HEAD' });
    expect([status, headers.get('location')]).toEqual([302, await location(short)]);
  });
});

describe('With a key that neither signs nor reads', () => {
  it('a song is not available, whichever way it is asked for, and the answer says when to come back', async () => {
    await bucket.breakKey();
    for (const asked of [get(long), get(long, { range: 'bytes=0-1' }), get(short, {}, { name: 'showCover' })]) {
      const { status, headers, bytes } = await asked;
      expect([status, headers.get('retry-after'), headers.get('cache-control')]).toEqual([503, '30', 'no-store']);
      expect(JSON.parse(bytes.toString())).toMatchObject({ code: 'feature_unavailable', feature: 'streaming', reason: 'storage' });
    }
    expect((await get(long, {}, { method: 'HEAD' })).status).toBe(503);
  });

  it('what a browser has already is still good', async () => {
    const etag = `"${/[0-9a-f]{64}/.exec(await signedBefore())?.[0]}"`;
    expect((await get(long, { 'if-none-match': etag })).status).toBe(304);
  });

  async function signedBefore(): Promise<string> {
    await bucket.repairKey();
    clock.advance(15_000);
    const url = await location(long);
    await bucket.breakKey();
    await get(long);
    return url;
  }
});

/** The key is right again, but for a while nobody tries to sign: as when only signing fails. */
describe('While the bucket can be read and only signing fails', () => {
  beforeAll(async () => {
    await bucket.breakKey();
    await get(long);
    await bucket.repairKey();
  });

  it.each([
    ['bytes=0-1', 0, 1],
    ['bytes=100-', 100, 100 + 8 * MIB - 1],
    ['bytes=0-', 0, 8 * MIB - 1],
    [`bytes=${8 * MIB}-`, 8 * MIB, 9 * MIB - 1],
    ['bytes=-7', 9 * MIB - 7, 9 * MIB - 1],
  ])('%s of a long song passes through, 8 MiB at most', async (range, start, end) => {
    const { status, headers, bytes } = await get(long, { range });
    expect([status, headers.get('content-range'), headers.get('content-length')]).toEqual([
      206,
      `bytes ${start}-${end}/${9 * MIB}`,
      String(end - start + 1),
    ]);
    expect(bytes.equals(LONG.subarray(start, end + 1))).toBe(true);
    expect(headers.get('cache-control')).toBe('private, max-age=3600');
  });

  it('a player gets the whole long song in pieces', async () => {
    const pieces: Buffer[] = [];
    for (let at = 0; at < LONG.length; at += pieces.at(-1)!.length) pieces.push((await get(long, { range: `bytes=${at}-` })).bytes);
    expect([pieces.length, Buffer.concat(pieces).equals(LONG)]).toEqual([2, true]);
  });

  it('a whole short song and a cover pass through, and what HEAD says of them is what GET says', async () => {
    const { status, bytes, headers } = await get(short);
    expect([status, bytes.equals(SHORT), headers.get('accept-ranges')]).toEqual([200, true, 'bytes']);
    expect((await get(short, {}, { name: 'showCover' })).headers.get('content-type')).toBe('image/jpeg');
    const head = await get(short, {}, { method: 'HEAD' });
    expect([head.status, head.headers.get('content-length'), head.bytes.length]).toEqual([200, String(SHORT.length), 0]);
  });

  it('a whole long song does not, in one part or in several', async () => {
    for (const headers of [{}, { range: 'bytes=0-1,100-101' }, { range: 'bytes=9-2' }]) {
      expect(await get(long, headers)).toMatchObject({ status: 503 });
    }
    expect((await get(long, {}, { method: 'HEAD' })).status).toBe(503);
    expect((await get(short, { range: 'bytes=0-1,100-101' })).status).toBe(200);
  });

  it('a listener who leaves ends the download from the bucket', async () => {
    await Promise.all(Array.from({ length: 5 }, () => leaveEarly(long)));
    await waitUntil('the bucket sends nothing any more', () => bucket.openObjects().length === 0, 3000);
    expect((await get(short, { range: 'bytes=0-1' })).status).toBe(206);
  });

  it('signing is tried again after a quarter of a minute, by itself', async () => {
    clock.advance(14_000);
    expect((await get(long, { range: 'bytes=0-1' })).status).toBe(206);
    clock.advance(1_000);
    const { status, headers } = await get(long, { range: 'bytes=0-1' });
    expect(status).toBe(302);
    const sound = await fetch(headers.get('location') ?? '', { headers: { range: 'bytes=5-9' } });
    expect([sound.status, Buffer.from(await sound.arrayBuffer())]).toEqual([206, LONG.subarray(5, 10)]);
  });
});

async function leaveEarly(songId: string): Promise<void> {
  const leaving = new AbortController();
  const answer = await fetch(`${bucket.house.service.url}/streamSong?songId=${songId}`, {
    headers: { range: 'bytes=0-' },
    signal: leaving.signal,
  });
  const reader = answer.body!.getReader();
  await reader.read();
  leaving.abort();
  await reader.closed.catch(() => undefined);
}
