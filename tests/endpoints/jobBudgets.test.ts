/** What each job asks of Firestore in one run, with nothing to do and with work for it: held against its definition. */
import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { BACKUP_BOUNDS } from '#shared/backups';
import type { Endpoint } from '#shared/endpoint';
import { ERASURE_BOUNDS } from '#shared/erasure';
import { ROLL_UP_BOUNDS } from '#shared/figures';
import { MAKE_UP_COST } from '#shared/jobs';
import { COPY_BOUNDS } from '#shared/operations';
import { Allowance, database, newId, required } from '#shared/runtime';
import { COUNTER_BOUNDS } from '#shared/songs';
import { WATCH_BOUNDS } from '#shared/watch';
import { watchService } from '../../functions/scheduled/watchService.ts';
import { signUpPerson } from '../support/callers.ts';
import { countDocuments, type DocumentCount } from '../support/countDocuments.ts';
import { given } from '../support/given.ts';
import { openStudio, type Studio } from '../support/studio.ts';

const JOBS = readdirSync(join(import.meta.dirname, '../../functions/scheduled')).map((file) => basename(file, '.ts'));
const SONGS = 2_000;
const rows: string[] = ['job\tidle: reads\twrites\tat work: reads\twrites'];
const seen: Record<string, { idle: DocumentCount; atWork: DocumentCount }> = {};

/** The emulator's exports and imports are copies that this process makes itself, document by document: the managed ones are not. */
const COPYING = ['backUpDatabase', 'verifyBackup'];

let studio: Studio;

beforeAll(async () => {
  studio = await openStudio();
  studio.clock.advance(60_000);
  const idle = await runAll();
  await haveWork();
  const atWork = await runAll();
  for (const name of JOBS) {
    seen[name] = { idle: idle[name]!, atWork: atWork[name]! };
    rows.push([name, idle[name]!.reads, idle[name]!.writes, atWork[name]!.reads, atWork[name]!.writes].join('\t'));
  }
  console.log(rows.join('\n'));
}, 150_000);

afterAll(() => studio?.close());

it.each(JOBS)('%s stays within its budget, idle and with 2,000 songs', (name) => {
  const { budget } = endpointOf(name);
  const { idle, atWork } = seen[name]!;
  for (const [when, asked] of Object.entries(COPYING.includes(name) ? { idle } : { idle, atWork })) {
    expect({ when, ...asked, isWithin: new Allowance(budget).has(asked) }).toEqual({ when, ...asked, isWithin: true });
  }
});

it('What watchService moves on has room in its budget, which is small but for the minutes in which a backup is compared', () => {
  const parts = [COPY_BOUNDS, ERASURE_BOUNDS, COUNTER_BOUNDS, ROLL_UP_BOUNDS, BACKUP_BOUNDS, WATCH_BOUNDS, MAKE_UP_COST];
  const sum = (of: 'reads' | 'writes') => parts.reduce((all, part) => all + part[of], 0);
  const { budget } = watchService;
  expect(new Allowance(budget).has({ reads: sum('reads'), writes: sum('writes') })).toBe(true);
  const { reads, writes } = BACKUP_BOUNDS;
  expect(new Allowance({ reads: 2_800 + reads, writes: 1_300 + writes }).has(budget)).toBe(true);
});

function endpointOf(name: string): Endpoint {
  return studio.service.endpoints.find((endpoint) => endpoint.name === name)!;
}

/** Each as Cloud Scheduler fires it, a minute of its own. */
async function runAll(): Promise<Record<string, DocumentCount>> {
  const asked: Record<string, DocumentCount> = {};
  for (const name of JOBS) {
    studio.clock.advance(61_000);
    const email = required('SCHEDULER_SERVICE_ACCOUNT');
    const token = await studio.google.mintOidcToken({ audience: `${studio.service.url}/${name}`, email });
    const headers = { 'X-CloudScheduler-ScheduleTime': new Date(studio.clock.now()).toISOString() };
    let status = 200;
    asked[name] = await countDocuments(async () => {
      // With requests under way the worker waits for what comes next, as long as its clock stands: its run alone is looked at.
      if (name === 'advanceGenerations') await studio.runWorker();
      else ({ status } = await studio.service.call(endpointOf(name) as never, {} as never, { token, headers }));
    });
    if (status >= 500 || [400, 401, 403, 404].includes(status)) throw new Error(`${name} answered ${status}`);
  }
  return asked;
}

/** Songs whose plays wait, of a person who has another name by now; requests for songs, and pictures to carry on. */
async function haveWork(): Promise<void> {
  const { uid: owner } = await signUpPerson(studio.service);
  await given.credits({ owner });
  await Promise.all(Array.from({ length: 12 }, () => Promise.all([given.generation({ owner }), given.image({ owner })])));
  const { songId } = await given.song({ owner, visibility: 'public' });
  const db = await database();
  const [song, search] = (await db.getAll(db.doc(`songs/${songId}`), db.doc(`songSearch/${songId}`))).map((found) => found.data()!);
  const writer = db.bulkWriter();
  for (let at = 0; at < SONGS; at += 1) {
    const copy = newId('sng');
    void writer.create(db.doc(`songs/${copy}`), { ...song, songId: copy });
    if (at % 20 > 0) void writer.create(db.doc(`songSearch/${copy}`), search);
    if (at % 5 === 0) void writer.create(db.doc(`counters/${copy}.${at % 4}`), { plays: 1, isDirty: true });
  }
  void writer.update(db.doc(`users/${owner}`), { displayName: 'Another' });
  void writer.update(db.doc(`userPrivate/${owner}`), { renamedAt: new Date(0) });
  await writer.close();
}
