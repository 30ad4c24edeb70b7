/** G10: a bucket that takes no more bytes keeps a backup waiting, and does not spoil it; what it does not give up keeps nothing else. */
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { keepBackups } from '#shared/backups';
import { type BackupHouse, fill, openBackupHouse } from './backupHouse.ts';

const DAY_MS = 24 * 60 * 60_000;

let house: BackupHouse;
let door: Server;
/** What it says while it is full; undefined: it is not. */
let full: number | undefined;
/** An object of which a part of the name is this is not removed. */
let kept: string | undefined;

/** In front of the storage: as long as the quota is used up, it takes no upload. */
function openDoor(storageUrl: string): Promise<Server> {
  const server = createServer((incoming, outgoing) => {
    const isFull = full !== undefined && incoming.method !== 'GET' && incoming.url?.startsWith('/upload/');
    const isKept = kept !== undefined && incoming.method === 'DELETE' && incoming.url?.includes(kept);
    if (isFull || isKept) {
      const code = isFull ? full! : 403;
      incoming.resume();
      outgoing.writeHead(code, { 'content-type': 'application/json' });
      outgoing.end(
        JSON.stringify({ error: { code, message: 'No', errors: [{ reason: isFull ? 'rateLimitExceeded' : 'retentionPolicyNotMet' }] } }),
      );
      return;
    }
    const { method = 'GET', url = '/', headers } = incoming;
    const onward = request(`${storageUrl}${url}`, { method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(outgoing);
    });
    onward.on('error', () => outgoing.destroy());
    incoming.pipe(onward);
  });
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}

beforeAll(async () => {
  house = await openBackupHouse();
  door = await openDoor(house.gcs.url);
  process.env['STORAGE_EMULATOR_HOST'] = `http://127.0.0.1:${(door.address() as AddressInfo).port}`;
  await fill(2, 10);
});

afterAll(async () => {
  door.closeAllConnections();
  door.close();
  await house.close();
});

describe('G10: a backup for which', () => {
  it.each([429, 507])(
    'the bucket is full goes on when it takes bytes again (%d)',
    async (status) => {
      house.clock.advance(8 * DAY_MS);
      const backupId = await house.start();
      full = status;
      for (let passes = 0; passes < 2; passes += 1) {
        await house.pass();
        house.clock.advance(10 * 60_000);
      }
      expect(await house.read(backupId)).toMatchObject({ state: 'started', failure: null });
      full = undefined;
      expect(await house.finish(backupId)).toMatchObject({ state: 'verified', isWeekly: true });
    },
    60_000,
  );

  it('the bucket stays full has failed after three hours, and says that it was the bucket', async () => {
    house.clock.advance(DAY_MS);
    const backupId = await house.start();
    full = 429;
    await house.pass();
    house.clock.advance(3 * 60 * 60_000);
    await house.pass();
    full = undefined;
    expect(await house.read(backupId)).toMatchObject({ state: 'failed', failure: { code: 'bucket_unavailable' } });
  }, 60_000);
});

describe('G10: of backups older than ninety days', () => {
  it('one that cannot be removed keeps no other from being removed, and somebody is told', async () => {
    const made: string[] = [];
    for (let at = 0; at < 3; at += 1) {
      made.push((await house.finish(await house.start())).backupId);
      house.clock.advance(DAY_MS);
    }
    house.clock.advance(95 * DAY_MS);
    const newest = await house.finish(await house.start());
    kept = made[0];
    await expect(keepBackups(house.world)).rejects.toThrow('Google Cloud Storage');
    const left = async () => (await Promise.all(made.map((id) => house.read(id)))).map(({ state }) => state);
    expect(await left()).toEqual(['verified', undefined, undefined]);
    kept = undefined;
    expect(await keepBackups(house.world)).toMatchObject({ newest: { backupId: newest.backupId }, removed: 1 });
    expect(await left()).toEqual([undefined, undefined, undefined]);
  }, 60_000);
});
