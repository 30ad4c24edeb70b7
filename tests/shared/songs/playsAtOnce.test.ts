/** Many listens of one song at once, in several processes: each counts once, and no document is written by all of them. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { closeDatabase, database, systemWorld, toDocument } from '#shared/runtime';
import { rollUpCounters, type Song } from '#shared/songs';
import { useOwnProject } from '../../support/service.ts';

const SONG = 'sng_0123456789abcdefghjk';
const PROCESSES = 3;
/** Of each process; every third is a repetition. */
const LISTENS = 60;
const NEW_LISTENS = PROCESSES * (LISTENS - LISTENS / 3);
const at = '2026-03-01T12:00:00.000Z';

beforeAll(async () => {
  useOwnProject();
  const song: Song = {
    ...{ songId: SONG, generationId: null, ownerId: 'mina', ownerName: 'Mina', title: 'Boats', style: 'folk', lyrics: null },
    ...{ instrumental: false, visibility: 'public', state: 'ready', durationMs: 2_000, audio: { contentType: 'audio/mpeg', bytes: 9 } },
    ...{ hasCover: false, likes: 0, plays: 7, createdAt: at, updatedAt: at },
  };
  await (await database()).doc(`songs/${SONG}`).set(toDocument(song));
});
afterAll(() => closeDatabase());

it('Plays of several processes are exact, and none of the counters takes more than its share of the writes', async () => {
  const db = await database();
  const file = join(import.meta.dirname, 'playsProcess.ts');
  const start = (name: string) => promisify(execFile)(process.execPath, [file, SONG, name, `${LISTENS}`], { env: { ...process.env } });
  const runs = ['a', 'b', 'c'].map(start);
  const written: Record<string, number> = {};
  for (const { stdout } of await Promise.all(runs)) {
    for (const [path, count] of Object.entries(JSON.parse(stdout) as Record<string, number>)) written[path] = (written[path] ?? 0) + count;
  }
  await rollUpCounters({ world: systemWorld, signal: AbortSignal.timeout(20_000) });
  await rollUpCounters({ world: systemWorld, signal: AbortSignal.timeout(20_000) });
  const listens = (await db.collection('plays').get()).size;
  expect(listens).toBeGreaterThan(NEW_LISTENS / 2); // on a slow machine a few are given up after a second
  expect(listens).toBeLessThanOrEqual(NEW_LISTENS);
  expect((await db.doc(`songs/${SONG}`).get()).get('plays')).toBe(7 + listens);
  const shards = Object.entries(written).filter(([path]) => path.startsWith(`counters/${SONG}.`));
  const carriedOver = written[`songs/${SONG}`] ?? 0;
  expect(shards).toHaveLength(4);
  for (const [, count] of shards) expect(count).toBeLessThan(NEW_LISTENS / 2 + carriedOver);
  expect(carriedOver).toBeLessThanOrEqual(5 + PROCESSES); // five at once; what is refused to a second process is tried once more
  expect(written[`counters/${SONG}`] ?? 0).toBe(carriedOver);
}, 60_000);
