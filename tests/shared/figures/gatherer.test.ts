/** What a process counts reaches the database once, whatever the database does. */
import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { FigureGatherer } from '#shared/figures';
import { closeDatabase, database, newId } from '#shared/runtime';
import { figuresFromStored } from '../../../shared/figures/figures.ts';
import { openTcpProxy, type TcpProxy } from '../../faults/tcpProxy.ts';
import { TestClock } from '../../support/clock.ts';
import { emulators } from '../../support/emulators.ts';
import { useOwnProject } from '../../support/service.ts';
import { request, sumOfAll } from './givenFigures.ts';

let firestore: TcpProxy;
let clock: TestClock;
let figures: FigureGatherer;

beforeAll(async () => {
  firestore = await openTcpProxy(emulators().firestoreHost);
  useOwnProject({ FIRESTORE_EMULATOR_HOST: firestore.host });
});
beforeEach(async () => {
  for (const { ref } of (await (await database()).collection('figures').get()).docs) await ref.delete();
  clock = new TestClock(Date.parse('2026-11-23T14:10:00Z'));
  figures = new FigureGatherer({ clock, newId });
});
afterAll(async () => {
  await closeDatabase();
  await firestore.close();
});

async function stored() {
  const db = await database();
  return (await db.collection('figures').orderBy('minuteAt').get()).docs;
}

/** What was being written while others go on. */
const figuresWritten = () => new Promise((resolve) => setTimeout(resolve, 60));

async function requestsStored(): Promise<number[]> {
  return (await stored()).map((document) => document.get('figures').requests);
}

it('A minute is one document, however many requests it had, and a minute without any is none', async () => {
  for (const count of [3, 0, 2]) {
    for (let at = 0; at < count; at += 1) figures.count(request({ functionName: at === 0 ? 'getSong' : 'listSongs' }));
    clock.advance(60_000);
  }
  await figures.flush();
  const documents = await stored();
  expect(documents.map((document) => document.id.slice(0, 16))).toEqual(['2026-11-23T14:10', '2026-11-23T14:12']);
  expect(documents.map((document) => document.get('figures').requests)).toEqual([3, 2]);
  expect(documents[0]!.get('functions').listSongs.requests).toBe(2);
  expect(documents.map((document) => document.get('isRolledUp'))).toEqual([false, false]);
});

it('Jobs alone are written once in ten minutes, and at once when one of them fails', async () => {
  const job = (status: number) => request({ functionName: 'watchService', isScheduled: true, status, authMs: null });
  for (let minute = 0; minute < 21; minute += 1) {
    figures.count(job(200));
    clock.advance(60_000);
    await figuresWritten();
  }
  expect(await stored()).toHaveLength(2);
  figures.count(job(500));
  clock.advance(60_000);
  figures.count(job(200)); // the minute is over
  await figuresWritten();
  const documents = await stored();
  expect(documents.at(-1)!.get('functions').watchService).toMatchObject({ requests: 2, errors5xx: 1 });
  await figures.flush();
  const all = (await stored()).map((document) => document.get('functions').watchService.requests as number);
  expect(all.reduce((sum, count) => sum + count, 0)).toBe(23);
});

it('People are counted in their own minute, also when jobs have waited before them', async () => {
  for (const who of ['job', 'job', 'person']) {
    figures.count(request(who === 'job' ? { functionName: 'watchService', isScheduled: true } : {}));
    clock.advance(60_000);
  }
  await figures.flush();
  const documents = await stored();
  expect(documents.map((document) => document.id.slice(0, 16))).toEqual(['2026-11-23T14:12']);
  expect(documents[0]!.get('functions').watchService.requests).toBe(2);
});

it('While the database is away the minutes wait, joined by the hour, and all requests are there once it is back', async () => {
  firestore.silence();
  for (let minute = 0; minute < 120; minute += 1) {
    figures.count(request());
    clock.advance(60_000);
  }
  firestore.speak();
  await figures.flush();
  await figures.flush();
  const perDocument = await requestsStored();
  expect(perDocument.reduce((sum, count) => sum + count, 0)).toBe(120);
  expect(perDocument.length).toBeLessThanOrEqual(4); // the first was tried alone; the others by the hour: of three hours of the clock
}, 40_000);

it('What was stored while its answer was lost is not stored twice', async () => {
  figures.count(request());
  firestore.silence();
  const flushed = figures.flush();
  await flushed;
  firestore.speak();
  figures.count(request());
  await figures.flush();
  const sum = sumOfAll((await stored()).map((document) => figuresFromStored(document.data())!));
  expect(sum.requests).toBe(2);
}, 40_000);

it('Says what share of its cpu time and its memory the process has used', async () => {
  figures.count(request({ resources: { cpu: 2, memoryMiB: 512 } }));
  clock.advance(10_000);
  await figures.flush();
  const [document] = await stored();
  const { cpuMs, cpuAvailableMs, memoryShare, vcpuMs, gibMs } = document!.get('figures');
  expect({ cpuAvailableMs, vcpuMs, gibMs }).toEqual({ cpuAvailableMs: 20_000, vcpuMs: 40, gibMs: 10 });
  expect(cpuMs).toBeGreaterThanOrEqual(0);
  expect(memoryShare).toBeCloseTo(process.memoryUsage.rss() / (512 * 1024 * 1024), 0);
});
