/** G10: a bucket that takes no more bytes keeps a backup waiting, and does not spoil it. */
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type BackupHouse, fill, openBackupHouse } from './backupHouse.ts';

let house: BackupHouse;
let door: Server;
let isFull = false;

/** In front of the storage: as long as the quota is used up, it takes no upload. */
function openDoor(storageUrl: string): Promise<Server> {
  const server = createServer((incoming, outgoing) => {
    if (isFull && incoming.method !== 'GET' && incoming.url?.startsWith('/upload/')) {
      incoming.resume();
      outgoing.writeHead(429, { 'content-type': 'application/json' });
      outgoing.end(JSON.stringify({ error: { code: 429, message: 'Quota exceeded', errors: [{ reason: 'rateLimitExceeded' }] } }));
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
  it('the bucket is full goes on when it takes bytes again', async () => {
    const backupId = await house.start();
    isFull = true;
    for (let passes = 0; passes < 2; passes += 1) {
      await house.pass();
      house.clock.advance(10 * 60_000);
    }
    expect(await house.read(backupId)).toMatchObject({ state: 'started', failure: null });
    isFull = false;
    expect(await house.finish(backupId)).toMatchObject({ state: 'verified', isWeekly: true });
  }, 60_000);

  it('the bucket stays full has failed after three hours, and says that it was the bucket', async () => {
    house.clock.advance(24 * 60 * 60_000);
    const backupId = await house.start();
    isFull = true;
    await house.pass();
    house.clock.advance(3 * 60 * 60_000);
    await house.pass();
    isFull = false;
    expect(await house.read(backupId)).toMatchObject({ state: 'failed', failure: { code: 'bucket_unavailable' } });
  }, 60_000);
});
