import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parse } from 'content-disposition';
import { database } from '#shared/runtime';
import type { Song } from '#shared/songs';
import { getPlayback } from '../../../functions/songs/getPlayback.ts';
import { given, SOUND } from '../../support/given.ts';
import { type House, openHouse } from '../../support/openHouse.ts';

const MADE_AT = '2026-11-06T08:49:37.250Z';
const LAST_MODIFIED = 'Fri, 06 Nov 2026 08:49:37 GMT';
const EARLIER = 'Fri, 06 Nov 2026 08:49:36 GMT';
const LATER = 'Sat, 07 Nov 2026 08:49:37 GMT';

let house: House;
let owner: string;
let song: Song;
let etag: string;

beforeAll(async () => {
  house = await openHouse();
  owner = (await house.newPeople()).owner.uid;
  song = await given.song({ owner, visibility: 'public', createdAt: MADE_AT });
  etag = (await get()).headers.get('etag')!;
});

afterAll(() => house.close());

interface Got {
  status: number;
  headers: Headers;
  bytes: Buffer;
}

async function get(
  headers: Record<string, string> = {},
  { method = 'GET', name = 'streamSong', query = '', of = song } = {},
): Promise<Got> {
  const answer = await fetch(`${house.service.url}/${name}?songId=${of.songId}${query}`, { method, headers });
  return { status: answer.status, headers: answer.headers, bytes: Buffer.from(await answer.arrayBuffer()) };
}

const statusOf = async (...asked: Parameters<typeof get>) => (await get(...asked)).status;

describe('What tells whether a song is still the same', () => {
  it('is the checksum of its bytes, and when it was made: for the sound and for the cover, wherever it is asked for', async () => {
    const { body } = await house.service.call(getPlayback, { songId: song.songId });
    for (const url of [body.url, body.coverUrl!, `${house.service.url}/streamSong?songId=${song.songId}`]) {
      const { headers } = await fetch(url);
      expect([headers.get('etag'), headers.get('last-modified')]).toEqual([expect.stringMatching(/^"[0-9a-f]{64}"$/), LAST_MODIFIED]);
    }
  });
});

describe('A browser that has the song', () => {
  it('by its tag is sent nothing again, by a list of tags or any tag neither', async () => {
    for (const known of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
      const { status, headers, bytes } = await get({ 'if-none-match': known });
      expect([status, headers.get('etag'), headers.get('cache-control'), bytes.length]).toEqual([304, etag, 'private, max-age=3600', 0]);
    }
    expect(await statusOf({ 'if-none-match': etag }, { method: 'HEAD' })).toBe(304);
    expect(await statusOf({ 'if-none-match': '"other"' })).toBe(200);
  });

  it.each([LAST_MODIFIED, LATER, 'Friday, 06-Nov-26 08:49:37 GMT', 'Fri Nov  6 08:49:37 2026'])(
    'since %s is sent nothing again',
    async (since) => {
      const { status, headers, bytes } = await get({ 'if-modified-since': since });
      expect([status, headers.get('etag'), headers.get('last-modified'), bytes.length]).toEqual([304, etag, LAST_MODIFIED, 0]);
    },
  );

  it.each([EARLIER, '2026-11-07', '1', 'yesterday', 'Fri, 99 Nov 2026 08:49:37 GMT', ''])('since %j gets it', async (since) => {
    expect(await statusOf({ 'if-modified-since': since })).toBe(200);
  });

  it('is judged by the tag alone when it names both', async () => {
    expect(await statusOf({ 'if-none-match': '"other"', 'if-modified-since': LATER })).toBe(200);
    expect(await statusOf({ 'if-none-match': etag, 'if-modified-since': EARLIER })).toBe(304);
  });

  it('is told so before its range is looked at', async () => {
    expect(await statusOf({ 'if-modified-since': LATER, range: 'bytes=0-1' })).toBe(304);
    expect(await statusOf({ 'if-none-match': etag, range: 'bytes=5000-' })).toBe(304);
  });
});

describe('A player that goes on with what it has', () => {
  const withRange = (ifRange: string, range = 'bytes=990-') => statusOf({ range, 'if-range': ifRange });

  it('gets the rest while its tag or its date is still the song’s', async () => {
    expect(await withRange(etag)).toBe(206);
    expect(await withRange(LAST_MODIFIED)).toBe(206);
  });

  it.each(['"other"', EARLIER, LATER, 'yesterday', '*'])('gets the whole when it names %s', async (ifRange) => {
    expect(await withRange(ifRange)).toBe(200);
  });

  it('gets the whole for a weak tag, and for a range behind the end of what it has', async () => {
    expect(await withRange(`W/${etag}`)).toBe(200);
    expect(await withRange('"other"', 'bytes=5000-')).toBe(200);
    expect(await withRange(etag, 'bytes=5000-')).toBe(416);
  });
});

describe('HEAD', () => {
  it('gets the very headers that GET gets, and no bytes', async () => {
    for (const [name, query] of [
      ['streamSong', ''],
      ['streamSong', '&download=true'],
      ['showCover', ''],
    ] as const) {
      const [got, head] = [await get({}, { name, query }), await get({}, { name, query, method: 'HEAD' })];
      expect([head.status, head.bytes.length]).toEqual([200, 0]);
      expect(steady(head.headers)).toEqual(steady(got.headers));
    }
  });

  it('is refused as GET is when the bytes are gone, with all that it is told', async () => {
    const gone = await given.song({ owner, visibility: 'public' });
    await rm(`${process.env['MEDIA_STORES']!.replace('local:', '')}/songs/${gone.songId}`, { recursive: true });
    const [got, head] = [await get({}, { of: gone }), await get({}, { of: gone, method: 'HEAD' })];
    expect([got.status, head.status, head.bytes.length]).toEqual([503, 503, 0]);
    expect(steady(head.headers)).toEqual(steady(got.headers));
    expect(JSON.parse(got.bytes.toString())).toMatchObject({ code: 'feature_unavailable', feature: 'streaming', reason: 'storage' });
  });
});

function steady(headers: Headers): Record<string, string> {
  const { date: _, 'x-request-id': __, connection: ___, 'keep-alive': ____, ...rest } = Object.fromEntries(headers);
  return rest;
}

describe('The name under which a song is saved', () => {
  async function savedAs(title: string): Promise<{ header: string; name: string | undefined }> {
    const named = await given.song({ owner, visibility: 'public' });
    await (await database()).doc(`songs/${named.songId}`).update({ title }); // as one of long ago may be
    const { status, headers, bytes } = await get({}, { query: '&download=true', of: named });
    expect([status, bytes.length]).toEqual([200, SOUND.length]);
    const header = headers.get('content-disposition') ?? '';
    return { header, name: parse(header).parameters['filename'] };
  }

  it.each(['종이배', '비 "오는" 밤; 2', "it's 100% *new*", 'Ça va? – Été', '🎵 夜', 'a=b, c\u00e9'])('is its title: %s', async (title) => {
    const { header, name } = await savedAs(title);
    expect(name).toBe(`${title}.mp3`);
    expect(header).toMatch(/^attachment; filename="[\x20-\x7e]*"(; filename\*=UTF-8''[\w.!#$&+^`|~%-]+)?$/);
  });

  it.each([
    ['line\r\nSet-Cookie: a=b', 'lineSet-Cookie: a=b.mp3'],
    ['nul\u0000 tab\t bell\u0007', 'nul tab bell.mp3'],
    ['../../etc/pass\\wd', '.._.._etc_pass_wd.mp3'],
    ['song\u202e3pm.exe', 'song3pm.exe.mp3'],
  ])('is harmless for the title %j', async (title, expected) => {
    const { header, name } = await savedAs(title);
    expect(name).toBe(expected);
    expect(header).not.toMatch(/[\r\n]/);
  });
});
