import { randomUUID } from 'node:crypto';
import { Firestore } from '@google-cloud/firestore';
import { afterAll, expect, it } from '@jest/globals';
import { expectServedByIndexes } from '../queries/queryShapes.ts';
import { emulators } from '../support/emulators.ts';

const { firestoreHost } = emulators();
const db = new Firestore({ projectId: `demo-${randomUUID()}`, host: firestoreHost, ssl: false });
afterAll(() => db.terminate());

it('every query that a test sends is held against the committed indexes, though the emulator answers all', async () => {
  const query = db.collection('nowhere').where('left', '==', 1).orderBy('right');
  expect((await query.get()).size).toBe(0);
  expect(expectServedByIndexes).toThrow('"collectionGroup":"nowhere"');

  expect((await query.count().get()).data().count).toBe(0);
  expect(expectServedByIndexes).toThrow('"collectionGroup":"nowhere"');

  await new Promise((resolve, reject) => {
    const stop = query.onSnapshot((snapshot) => {
      stop();
      resolve(snapshot);
    }, reject);
  });
  expect(expectServedByIndexes).toThrow('"collectionGroup":"nowhere"');
});

it('a query of equal fields needs no declared index', async () => {
  await db.collection('nowhere').where('left', '==', 1).get();
  expect(expectServedByIndexes()).toEqual([
    { collection: 'nowhere', isGroup: false, equal: ['left'], contains: [], order: [], nameDirection: 'ASCENDING' },
  ]);
});
