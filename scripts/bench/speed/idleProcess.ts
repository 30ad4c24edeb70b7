/** A minute in which the worker has nothing to do. */
import { Firestore } from '@google-cloud/firestore';
import { advanceGenerations, createWorker } from '#shared/generation';
import { closeDatabase, systemWorld } from '#shared/runtime';
import { tapFirestore } from '../firestoreTap.ts';
import { median } from '../spread.ts';
import { answerParent } from './inChild.ts';

answerParent(async ({ rounds }: { rounds: number }) => {
  const counted = { reads: 0, writes: 0 };
  const untap = tapFirestore(Firestore, {
    onRead: () => {
      counted.reads += 1;
    },
    onCommit: ({ writes }) => {
      counted.writes += writes.length;
    },
  });
  const times: number[] = [];
  for (let round = 0; round <= rounds; round += 1) {
    const startedAtMs = performance.now();
    await advanceGenerations(createWorker({ world: systemWorld, signal: new AbortController().signal }));
    if (round > 0) times.push(performance.now() - startedAtMs); // before the first, the client is loaded
  }
  untap();
  await closeDatabase();
  const runs = rounds + 1;
  return { reads: counted.reads / runs, writes: counted.writes / runs, ms: median(times) };
});
