/** An instance that counts plays of one song: `playsProcess.ts <songId> <name> <count>`. Prints how often it wrote which document. */
import { Firestore } from '@google-cloud/firestore';
import { closeDatabase, systemClock } from '#shared/runtime';
import { countPlay, playsCounted } from '#shared/songs';
import { tapFirestore } from '../../../scripts/bench/firestoreTap.ts';

const [songId = '', name = '', count = '0'] = process.argv.slice(2);
const written: Record<string, number> = {};

tapFirestore(Firestore, {
  onRead: () => undefined,
  onCommit: ({ writes, failure }) => {
    if (failure !== undefined) return;
    for (const { path } of writes) written[path] = (written[path] ?? 0) + 1;
  },
});

const listens = Array.from({ length: Number(count) }, (_, at) => `tkt_${name}_${at % 3 === 2 ? at - 1 : at}`);
for (let from = 0; from < listens.length; from += 6) {
  const at = { now: new Date(), clock: systemClock };
  await Promise.all(listens.slice(from, from + 6).map((ticketId) => countPlay({ songId, ticketId, listener: '' }, at)));
}
await playsCounted();
await closeDatabase();
process.stdout.write(JSON.stringify(written));
