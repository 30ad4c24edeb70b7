/** G10: a database that is away for two minutes keeps a backup waiting, wherever it is, and does not spoil it. */
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { openTcpProxy, type TcpProxy } from '../../faults/tcpProxy.ts';
import { emulators } from '../../support/emulators.ts';
import { BACKUP_BOUNDS, type BackupHouse, fill, openBackupHouse } from './backupHouse.ts';

/** A step a pass. */
const SLOW = { ...BACKUP_BOUNDS, passMs: 0, pages: 1 };
const AWAY_MS = 2 * 60_000;

let house: BackupHouse;
let firestore: TcpProxy;

beforeAll(async () => {
  firestore = await openTcpProxy(emulators().firestoreHost);
  house = await openBackupHouse();
  process.env['FIRESTORE_EMULATOR_HOST'] = firestore.host;
  await fill(2, 30);
});

afterAll(async () => {
  firestore.join();
  await house.close();
  await firestore.close();
});

/** It is back when two minutes have passed by our clock. Whoever makes the pass tries again, or is called again the next minute. */
async function passWithoutDatabase(): Promise<void> {
  firestore.cut();
  const passing = house.pass({ bounds: SLOW }).catch(() => undefined);
  await Promise.race([passing, new Promise((resolve) => setTimeout(resolve, 300))]);
  house.clock.advance(AWAY_MS);
  firestore.join();
  await passing;
}

it.each(['started', 'exporting', 'exported', 'verifying', 'verified'] as const)(
  'A backup that is %s goes on afterwards',
  async (state) => {
    house.clock.advance(8 * 24 * 60 * 60_000);
    const backupId = await house.start();
    for (let passes = 0; (await house.read(backupId)).state !== state && passes < 20; passes += 1) {
      await house.pass({ bounds: SLOW });
      house.clock.advance(BACKUP_BOUNDS.againMs);
    }
    await passWithoutDatabase();
    house.clock.advance(BACKUP_BOUNDS.leaseMs);
    expect(await house.finish(backupId)).toMatchObject({ state: 'verified', failure: null, comparison: { state: 'equal' } });
  },
  60_000,
);
