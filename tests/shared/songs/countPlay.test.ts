import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { availability } from '#shared/access';
import { closeDatabase, database } from '#shared/runtime';
import { countPlay } from '#shared/songs';
import { openTcpProxy, type TcpProxy } from '../../faults/tcpProxy.ts';
import { TestClock } from '../../support/clock.ts';
import { emulators } from '../../support/emulators.ts';
import { useOwnProject } from '../../support/service.ts';

let firestore: TcpProxy;
const clock = new TestClock();

beforeAll(async () => {
  firestore = await openTcpProxy(emulators().firestoreHost);
  useOwnProject({ FIRESTORE_EMULATOR_HOST: firestore.host });
  await availability(clock);
});

afterAll(async () => {
  firestore.speak(); // else the client waits for its answers
  await closeDatabase();
  await firestore.close();
});

const count = (ticketId: string) => countPlay({ songId: 'sng_1', ticketId, listener: '' }, { now: new Date(clock.now()), clock });

it('A database that says nothing holds nobody up for more than a second; once that is known, for no time at all', async () => {
  firestore.silence();
  const beganAt = performance.now();
  await count('tkt_1');
  expect(performance.now() - beganAt).toBeLessThan(2_000);
  clock.advance(20_000); // the state of the features is looked at anew
  await availability(clock);
  const knownAt = performance.now();
  await Promise.all(Array.from({ length: 20 }, (_, at) => count(`tkt_down${at}`)));
  expect(performance.now() - knownAt).toBeLessThan(300);
  firestore.speak();
  const db = await database();
  const names = (await db.collection('plays').get()).docs.map(({ id }) => id);
  expect(names.length).toBeLessThanOrEqual(1); // what had been sent before may have arrived
});
