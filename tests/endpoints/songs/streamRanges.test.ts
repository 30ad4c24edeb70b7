import { readdirSync, readlinkSync } from 'node:fs';
import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { streamSong } from '../../../functions/songs/streamSong.ts';
import { waitUntil } from '../../../scripts/local/waitUntil.ts';
import { given } from '../../support/given.ts';
import { type House, openHouse } from '../../support/openHouse.ts';

const SOUND = Buffer.from(Array.from({ length: 3_000_000 }, (_, at) => (at * 7 + (at >> 8)) % 256));

let house: House;
let songId: string;

beforeAll(async () => {
  house = await openHouse();
  const { owner } = await house.newPeople();
  ({ songId } = await given.song({ owner: owner.uid, visibility: 'public', bytes: SOUND }));
});

afterAll(() => house.close());

interface Got {
  status: number;
  headers: Headers;
  bytes: Buffer;
}

async function get(range: string, { method = 'GET', headers = {} }: RequestInit = {}): Promise<Got> {
  const answer = await fetch(`${house.service.url}/streamSong?songId=${songId}`, { method, headers: { range, ...headers } });
  return { status: answer.status, headers: answer.headers, bytes: Buffer.from(await answer.arrayBuffer()) };
}

/** The body that RFC 9110, 14.6 asks for, byte for byte. */
function partsOf(ranges: [start: number, end: number][], boundary: string): Buffer {
  const parts = ranges.flatMap(([start, end], at) => [
    `${at > 0 ? '\r\n' : ''}--${boundary}\r\nContent-Type: audio/mpeg\r\nContent-Range: bytes ${start}-${end}/${SOUND.length}\r\n\r\n`,
    SOUND.subarray(start, end + 1),
  ]);
  return Buffer.concat([...parts, `\r\n--${boundary}--\r\n`].map((part) => Buffer.from(part)));
}

function boundaryOf({ headers }: Got): string {
  const [, boundary] = /^multipart\/byteranges; boundary=([\w]{10,70})$/.exec(headers.get('content-type') ?? '') ?? [];
  return boundary ?? 'no multipart answer';
}

describe('Several parts of a song at once', () => {
  it.each<[string, [number, number][]]>([
    [
      'bytes=0-1,100-199',
      [
        [0, 1],
        [100, 199],
      ],
    ],
    [
      'bytes=-10,0-0',
      [
        [2_999_990, 2_999_999],
        [0, 0],
      ],
    ],
    [
      'bytes=1000000-1999999, 0-9, 2500000-',
      [
        [1_000_000, 1_999_999],
        [0, 9],
        [2_500_000, 2_999_999],
      ],
    ],
    [
      'bytes=0-99,50-149,151-160,9000000-',
      [
        [0, 149],
        [151, 160],
      ],
    ],
  ])('%s come in one answer, each with its place', async (range, parts) => {
    const got = await get(range);
    const expected = partsOf(parts, boundaryOf(got));
    const { status, headers, bytes } = got;
    expect([status, headers.get('content-length'), headers.get('content-range')]).toEqual([206, String(expected.length), null]);
    expect(bytes.equals(expected)).toBe(true);
    expect(Object.fromEntries(headers)).toMatchObject({
      'accept-ranges': 'bytes',
      'cache-control': 'private, max-age=3600',
      etag: expect.stringMatching(/^"[0-9a-f]{64}"$/),
      'last-modified': expect.stringMatching(/ GMT$/),
    });
  });

  it.each([
    ['bytes=0-99,50-149', 'bytes 0-149/3000000'],
    ['bytes=10-19,0-9', 'bytes 0-19/3000000'],
    ['bytes=7-8,4000000-', 'bytes 7-8/3000000'],
  ])('%s are one part in truth, and come as one', async (range, place) => {
    const { status, headers } = await get(range);
    expect([status, headers.get('content-range'), headers.get('content-type')]).toEqual([206, place, 'audio/mpeg']);
  });

  it('that all lie behind the end are refused', async () => {
    const { status, headers } = await get('bytes=3000000-,4000000-5000000');
    expect([status, headers.get('content-range')]).toEqual([416, 'bytes */3000000']);
  });

  it('that are more than anybody needs are not looked at: the whole comes', async () => {
    const many = Array.from({ length: 21 }, (_, at) => `${at * 100}-${at * 100}`).join();
    const { status, headers, bytes } = await get(`bytes=${many}`);
    expect([status, headers.get('content-range'), bytes.equals(SOUND)]).toEqual([200, null, true]);
  });

  it('are not for HEAD, which is told of the whole', async () => {
    const { status, headers, bytes } = await get('bytes=0-1,100-199', { method: 'HEAD' });
    expect([status, headers.get('content-length'), headers.get('content-type'), bytes.length]).toEqual([200, '3000000', 'audio/mpeg', 0]);
  });

  it('leave no file open when the listener goes away between them', async () => {
    await Promise.all(Array.from({ length: 10 }, () => leaveAmong('bytes=2000000-2999999,0-999999,1500000-1500010')));
    const openFiles = () => readdirSync('/proc/self/fd').filter((fd) => linkOf(fd).includes(songId));
    await waitUntil('the files are closed', () => openFiles().length === 0, 2000);
  });
});

describe('The first bytes that Safari asks for', () => {
  it('come as a part, from which it learns the size', async () => {
    const { status, headers, bytes } = await get('bytes=0-1');
    expect([status, headers.get('content-range'), headers.get('content-length')]).toEqual([206, 'bytes 0-1/3000000', '2']);
    expect(bytes).toEqual(SOUND.subarray(0, 2));
  });

  it('come the same with a session or without', async () => {
    const { owner } = await house.newPeople();
    const token = await owner.tokenFor('streamSong');
    const { status, headers } = await house.service.call(streamSong, { songId }, { token, headers: { range: 'bytes=0-1' } });
    expect([status, headers.get('content-range')]).toEqual([206, 'bytes 0-1/3000000']);
  });
});

/** Hangs up when the first piece of the sound has come. */
function leaveAmong(range: string): Promise<void> {
  return new Promise((resolve) => {
    const url = `${house.service.url}/streamSong?songId=${songId}`;
    const asking = request(url, { headers: { range } }, (answer) => answer.once('data', () => asking.destroy()));
    asking.on('close', resolve).on('error', () => undefined);
    asking.end();
  });
}

function linkOf(fd: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return ''; // closed meanwhile
  }
}
