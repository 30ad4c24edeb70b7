/** A process that stores files, or carries them to the other store, dies at any of its own steps. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type MediaStore, mediaStores } from '#shared/media';
import { closeDatabase } from '#shared/runtime';
import { buildNumbered, type NumberedProgram } from '../../crashPoints/buildNumbered.ts';
import { type Cell, chooseCells, type Outcome, tryCells } from '../../crashPoints/crashMatrix.ts';
import type { Plan } from '../../crashPoints/crashPoint.ts';
import { type NumberedProcess, startNumbered } from '../../crashPoints/numberedProcess.ts';
import { announceSeed, limitMs, runs } from '../../support/runs.ts';
import { useOwnProject } from '../../support/service.ts';
import { copiesOf, discard, namesIn, recordOf, replicate, spoil, storeBytes, storeFile } from './someFiles.ts';

let root: string;
let program: NumberedProgram;
let next: NumberedProcess;
let first: MediaStore;
let second: MediaStore;
let songs = 0;

beforeAll(async () => {
  announceSeed('replication killed');
  root = await mkdtemp(join(tmpdir(), 'sori-killed-'));
  useOwnProject({ MEDIA_STORES: `local:${join(root, 'first')},local:${join(root, 'second')}` });
  [first, second] = mediaStores() as [MediaStore, MediaStore];
  program = await buildNumbered('tests/shared/files/filesProcess.ts');
  next = startNumbered(program);
}, 60_000);

afterAll(async () => {
  await next?.kill();
  await program?.remove();
  await closeDatabase();
  await rm(root, { recursive: true, force: true });
});

/** A process does it once; the one after it starts meanwhile. @returns what it came by, and whether it died of it */
async function run(work: { store?: string; plan: Plan }): Promise<{ cells: Cell[]; isDead: boolean }> {
  const child = next;
  next = startNumbered(program);
  child.send(work);
  const cells: Cell[] = [];
  const counts = new Map<string, number>();
  for (let line = await child.next(); line; line = await child.next()) {
    if ('said' in line) {
      await child.kill();
      return { cells, isDead: false };
    }
    if (!('hit' in line)) continue;
    const key = `${line.hit.point} ${line.hit.kind}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
    cells.push({ ...line.hit, hit: counts.get(key)!, turn: line.turn });
  }
  return { cells, isDead: true };
}

function newSong(): string {
  songs += 1;
  return `sng_${songs}`;
}

/** One to be carried on, one whose other copy is damaged, one that was deleted and stands in both stores. */
async function giveFiles() {
  const [carried, damaged, deleted] = [newSong(), newSong(), newSong()];
  for (const song of [carried, damaged, deleted]) await storeFile(song, first);
  for (const song of [damaged, deleted]) await storeBytes(song, second);
  await spoil(damaged, join(root, 'second'));
  await discard(deleted);
  return { kept: [carried, damaged], gone: [deleted] };
}

/** @param isOver - somebody else has gone on meanwhile */
async function faultsOf({ kept, gone }: { kept: string[]; gone: string[] }, isOver: boolean): Promise<string[]> {
  const faults: string[] = [];
  for (const song of kept) {
    const { objects, dueAt } = (await recordOf(song))!;
    const copies = await copiesOf(objects[0]!);
    if (!copies.includes('good')) faults.push(`${song} is lost`);
    for (const [index, { id }] of mediaStores().entries()) {
      if (index > 0 && objects[0]!.storeIds.includes(id) && copies[index] !== 'good') faults.push(`${song} is said to be in ${id}`);
    }
    if (isOver && (dueAt !== null || copies.join() !== 'good,good')) faults.push(`${song}: ${copies}, due ${dueAt}`);
  }
  if (!isOver) return faults;
  for (const song of gone) if (await recordOf(song)) faults.push(`the record of ${song} is still there`);
  for (const store of [first, second]) {
    const names = await namesIn(store);
    faults.push(...names.filter((name) => !name.startsWith('staging/') && !kept.some((song) => name.startsWith(`songs/${song}/`))));
  }
  return faults;
}

async function clear(): Promise<void> {
  for (const store of [first, second]) for (const name of await namesIn(store)) await store.delete(name);
}

async function tryReplication({ point, kind, hit }: Cell): Promise<Outcome> {
  const files = await giveFiles();
  const { isDead } = await run({ plan: { action: 'kill', point, kind, hit } });
  const violations = await faultsOf(files, false);
  await replicate();
  violations.push(...(await faultsOf(files, true)));
  if ((await replicate()).copied !== 0) violations.push('there was still something to do');
  await clear();
  return { isReached: isDead, violations };
}

async function tryStoring({ point, kind, hit }: Cell): Promise<Outcome> {
  const song = newSong();
  const { isDead } = await run({ store: song, plan: { action: 'kill', point, kind, hit } });
  const violations: string[] = [];
  for (const name of await namesIn(first, 'songs/')) {
    const found = await first.find(name);
    if (found && !name.includes(found.sha256)) violations.push(`half of ${name} can be seen`);
  }
  await storeFile(song);
  await replicate();
  violations.push(...(await faultsOf({ kept: [song], gone: [] }, true)));
  await clear();
  return { isReached: isDead, violations };
}

describe('Killed at any step, nothing is lost and nothing half is seen, and the next one ends with every copy whole:', () => {
  it(
    'who carries files to the other store, replaces a damaged copy, removes what was deleted',
    async () => {
      await giveFiles();
      const { cells } = await run({ plan: { action: 'record' } });
      await clear();
      const tried = chooseCells(cells, runs(30).numRuns);
      const { violations, reachedCount } = await tryCells(tried, tryReplication);
      expect(violations).toEqual([]);
      expect(reachedCount).toBeGreaterThan(0.7 * tried.length);
    },
    limitMs(180_000),
  );

  it(
    'who stores a file in two stores as one',
    async () => {
      const { cells } = await run({ store: newSong(), plan: { action: 'record' } });
      await clear();
      const tried = chooseCells(cells, runs(10).numRuns);
      const { violations, reachedCount } = await tryCells(tried, tryStoring);
      expect(violations).toEqual([]);
      expect(reachedCount).toBeGreaterThan(0.7 * tried.length);
    },
    limitMs(90_000),
  );
});
