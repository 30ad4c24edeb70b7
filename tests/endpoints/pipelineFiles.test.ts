import { readdirSync, readlinkSync } from 'node:fs';
import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { getPlayback } from '../../functions/songs/getPlayback.ts';
import type { People } from '../support/callers.ts';
import { given, SOUND } from '../support/given.ts';
import { type House, openHouse } from '../support/openHouse.ts';

const LAST = SOUND.length - 1;
const MANY = Buffer.alloc(8_000_000, 'sound');

let house: House;
let people: People;
let songId: string;

beforeAll(async () => {
  house = await openHouse();
  people = await house.newPeople();
  ({ songId } = await given.song({ owner: people.owner.uid, visibility: 'public', title: '종이배 "1"' }));
});

afterAll(() => house.close());

interface Got {
  status: number;
  headers: Headers;
  bytes: Buffer;
}

async function get(headers: Record<string, string> = {}, { method = 'GET', query = '' } = {}): Promise<Got> {
  const answer = await fetch(`${house.service.url}/streamSong?songId=${songId}${query}`, { method, headers });
  return { status: answer.status, headers: answer.headers, bytes: Buffer.from(await answer.arrayBuffer()) };
}

const whole = { status: 200, range: null, length: String(SOUND.length) };

function seen({ status, headers }: Got) {
  return { status, range: headers.get('content-range'), length: headers.get('content-length') };
}

describe('the bytes of a song', () => {
  it('come whole, with their type, their ETag and the offer of ranges', async () => {
    const got = await get();
    expect(seen(got)).toEqual(whole);
    expect(got.bytes).toEqual(SOUND);
    expect(Object.fromEntries(got.headers)).toMatchObject({
      'content-type': 'audio/mpeg',
      'accept-ranges': 'bytes',
      'cache-control': 'private, max-age=3600',
      etag: expect.stringMatching(/^"[0-9a-f]{64}"$/),
    });
  });

  it.each([
    ['bytes=0-1', 0, 1],
    ['bytes=0-0', 0, 0],
    ['bytes=990-', 990, LAST],
    ['bytes=-10', LAST - 9, LAST],
    ['bytes=-5000', 0, LAST],
    ['bytes=500-99999', 500, LAST],
    ['BYTES=5-6', 5, 6],
  ])('%s gives just those', async (range, start, end) => {
    const got = await get({ range });
    expect(seen(got)).toEqual({ status: 206, range: `bytes ${start}-${end}/${SOUND.length}`, length: String(end - start + 1) });
    expect(got.bytes).toEqual(SOUND.subarray(start, end + 1));
  });

  it.each([`bytes=${SOUND.length}-`, 'bytes=5000-6000', 'bytes=-0'])('%s lies behind the end: 416 with the size', async (range) => {
    const { status, headers, bytes } = await get({ range });
    expect([status, headers.get('content-range'), headers.get('cache-control')]).toEqual([416, `bytes */${SOUND.length}`, 'no-store']);
    expect(JSON.parse(bytes.toString())).toMatchObject({ code: 'range_not_satisfiable', bytes: SOUND.length });
    expect([headers.get('etag'), headers.get('accept-ranges')]).toEqual([null, null]);
  });

  it.each(['bytes=9-2', 'bytes=a-b', 'lines=0-1', 'bytes', 'bytes=', 'bytes=0-1,9-2', '0-1'])('%s is ignored', async (range) => {
    expect(seen(await get({ range }))).toEqual(whole);
  });

  it('come in part only while If-Range names them', async () => {
    const etag = (await get()).headers.get('etag')!;
    const withRange = async (ifRange: string) => (await get({ range: 'bytes=0-1', 'if-range': ifRange })).status;
    expect(await withRange(etag)).toBe(206);
    expect(await withRange('"other"')).toBe(200);
    expect(await withRange(`W/${etag}`)).toBe(200);
    expect(await withRange('Mon, 23 Nov 2026 00:00:00 GMT')).toBe(200);
  });

  it('are not sent to who has them already, a range neither', async () => {
    const etag = (await get()).headers.get('etag')!;
    for (const headers of [{ 'if-none-match': etag }, { 'if-none-match': '*', range: 'bytes=0-1' }]) {
      const got = await get(headers);
      expect([got.status, got.bytes.length, got.headers.get('etag')]).toEqual([304, 0, etag]);
    }
  });

  it('are described by HEAD, which knows no ranges', async () => {
    const got = await get({ range: 'bytes=0-1' }, { method: 'HEAD' });
    expect([seen(got), got.bytes.length]).toEqual([whole, 0]);
  });

  it('are saved under the song’s name, in any language', async () => {
    const { headers } = await get({}, { query: '&download=true' });
    expect(headers.get('content-disposition')).toBe(
      `attachment; filename="??? \\"1\\".mp3"; filename*=UTF-8''${encodeURIComponent('종이배 "1".mp3')}`,
    );
    expect((await get()).headers.get('content-disposition')).toBeNull();
  });

  it('play from the address that getPlayback gives, under a ticket kept by nobody else', async () => {
    const { body } = await house.service.call(getPlayback, { songId });
    const answer = await fetch(body.url, { headers: { range: 'bytes=0-9' } });
    expect([answer.status, answer.headers.get('cache-control')]).toEqual([206, 'private, max-age=3600']);
  });
});

describe('a listener who leaves', () => {
  it('leaves no file open behind him', async () => {
    const song = await given.song({ owner: people.owner.uid, visibility: 'public', bytes: MANY });
    await Promise.all(Array.from({ length: 20 }, (_, at) => leaveAfter(at % 2 === 0 ? 1 : 0, song.songId)));
    const openFiles = () => readdirSync('/proc/self/fd').filter((fd) => linkOf(fd).includes(song.songId));
    for (let tries = 0; openFiles().length > 0 && tries < 50; tries += 1) await new Promise((resolve) => setTimeout(resolve, 20));
    expect(openFiles()).toEqual([]);
    expect((await get()).status).toBe(200);
  });
});

/** Hangs up after so many pieces of the sound; with none, as soon as the request is out. */
function leaveAfter(pieces: number, song: string): Promise<void> {
  return new Promise((resolve) => {
    const asking = request(`${house.service.url}/streamSong?songId=${song}`, (answer) => answer.once('data', () => asking.destroy()));
    asking.on('close', resolve).on('error', () => undefined);
    asking.end(() => pieces === 0 && setImmediate(() => asking.destroy()));
  });
}

function linkOf(fd: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return ''; // closed meanwhile
  }
}
