/** A process of its own in which everything happens: its output is its log. Writes the marks and all that was stored to the file it is given. */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { database } from '#shared/runtime';
import { openMarkedHouse } from './markedHouse.ts';
import type { Outcome } from './outcome.ts';
import { breakThings, callAll, close, comeIn, fail, loseAnswer, makeSongs, operate, Play, signUp, useIt } from './scenes.ts';

const [directory = '', outcomePath = ''] = process.argv.slice(2);

async function stored(): Promise<Outcome['collections']> {
  const db = await database();
  const found: Outcome['collections'] = {};
  for (const { id } of await db.listCollections()) {
    found[id] = (await db.collection(id).get()).docs.map((each) => JSON.stringify({ id: each.id, ...each.data() }));
  }
  return found;
}

async function filesIn(folder: string, encoding: 'utf8' | 'latin1', ending = ''): Promise<Record<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const files = entries.filter((entry) => entry.isFile() && entry.name.endsWith(ending)).map((entry) => join(entry.parentPath, entry.name));
  return Object.fromEntries(await Promise.all(files.map(async (file) => [file, await readFile(file, encoding)])));
}

const house = await openMarkedHouse(directory);
const play = new Play(house);
const [person, admin, leaving] = [await signUp(play), await signUp(play), await signUp(play)];
await comeIn(play, person);
const songId = await makeSongs(play, person);
await useIt(play, person, songId);
await callAll(play, person);
await operate(play, admin, person, songId);
await fail(play, person);
await loseAnswer(play, person, leaving);
await breakThings(play);
await close(play);
await house.reporting.flush(5_000);
const outcome: Outcome = {
  marks: house.marks,
  seen: play.seen,
  collections: await stored(),
  webhook: house.webhook.texts,
  envelopes: house.envelopes,
  spans: house.spans,
  manifests: await filesIn(house.backups, 'utf8', '.json'),
  backupFiles: await filesIn(house.backups, 'latin1'),
  refusals: play.refusals,
};
await writeFile(outcomePath, JSON.stringify(outcome));
await house.close();
process.exit(0);
