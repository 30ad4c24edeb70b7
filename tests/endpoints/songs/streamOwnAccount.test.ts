/** On Google Cloud a function has no key: its own account reads, and IAM signs for it. */
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { waitUntil } from '../../../scripts/local/waitUntil.ts';
import { TestClock } from '../../support/clock.ts';
import { given } from '../../support/given.ts';
import { type BucketHouse, openBucketHouse } from './bucketHouse.ts';
import { type CloudAccount, startCloudAccount } from './cloudAccount.ts';
import { type ServedFunction, serveFunction } from './servedFunction.ts';

const MIB = 1024 * 1024;
const SOUND = Buffer.alloc(8 * MIB, 'a song in a bucket');
const LISTENERS = 40;

let directory: string;
let bucket: BucketHouse;
let account: CloudAccount;
let served: ServedFunction;
let songIds: string[];

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sori-account-'));
  bucket = await openBucketHouse(new TestClock());
  const { owner } = await bucket.house.newPeople();
  const song = async () => (await given.song({ owner: owner.uid, visibility: 'public', bytes: SOUND })).songId;
  songIds = [await song(), await song()];
  account = await startCloudAccount(bucket.google, directory);
  served = await serveFunction('streamSong', { ...account.env, GCS_KEY_FILE: '' });
});

afterAll(async () => {
  await served?.close();
  await account?.close();
  await bucket?.close();
  await rm(directory, { recursive: true });
});

const get = (songId: string, headers: Record<string, string> = {}) =>
  fetch(`${served.url}?songId=${songId}`, { headers, redirect: 'manual' });

/** Has the head of the answer, and takes nothing of the rest. */
async function begin(): Promise<ClientRequest> {
  const asking = request(`${served.url}?songId=${songIds[0]}`, { agent: false, headers: { range: 'bytes=0-' } });
  asking.on('error', () => undefined).end();
  const [answer] = (await once(asking, 'response')) as [IncomingMessage];
  expect(answer.statusCode).toBe(206);
  return asking;
}

describe('A function without a key', () => {
  it('redirects to a URL that IAM has signed, once an hour for each song', async () => {
    for (const _time of [1, 2, 3]) {
      const { status, headers } = await get(songIds[0]!);
      expect(status).toBe(302);
      const sound = await fetch(headers.get('location') ?? '');
      expect([sound.status, Buffer.from(await sound.arrayBuffer()).equals(SOUND)]).toEqual([200, true]);
    }
    expect(account.signedCount).toBe(1);
  });

  it('passes the bytes through when IAM does not answer, and asks it no more for a while', async () => {
    account.signing = 'hangs';
    const startedAt = performance.now();
    const first = await get(songIds[1]!, { range: 'bytes=10-19' });
    expect([first.status, first.headers.get('content-range'), await first.text()]).toEqual([
      206,
      `bytes 10-19/${SOUND.length}`,
      SOUND.subarray(10, 20).toString(),
    ]);
    expect(performance.now() - startedAt).toBeLessThan(8_000);
    const asked = account.signedCount;
    const others = await Promise.all(songIds.map(async (songId) => (await get(songId)).arrayBuffer()));
    expect(others.map((bytes) => Buffer.from(bytes).equals(SOUND))).toEqual([true, true]);
    expect(account.signedCount).toBe(asked);
  });

  it('holds little of what passes through it, also for listeners who take nothing, and lets go of it with them', async () => {
    const atFirst = served.residentBytes();
    const before = served.openDescriptors().length;
    const streams = await Promise.all(Array.from({ length: LISTENERS }, begin));
    await sleep(500);
    expect(served.residentBytes() - atFirst).toBeLessThan((LISTENERS * SOUND.length) / 2);
    for (const asking of streams) asking.destroy();
    await waitUntil('the bucket sends nothing any more', () => bucket.openObjects().length === 0, 3000);
    await waitUntil('all sockets are closed', () => served.openDescriptors().length <= before, 8000);
  });
});
