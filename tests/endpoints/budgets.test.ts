/**
 * What each function asks of Firestore, in its usual case: held against its definition and against `docs/budgets.json`, from which
 * costs are reckoned. `SORI_STORE_BUDGETS=1 npm test -- tests/endpoints/budgets` writes that file anew.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { Endpoint } from '#shared/endpoint';
import { database, newId } from '#shared/runtime';
import { playsCounted } from '#shared/songs';
import { updateSettings } from '../../functions/admin/updateSettings.ts';
import { startUpload } from '../../functions/images/startUpload.ts';
import { getStatus } from '../../functions/system/getStatus.ts';
import { functionNames } from '../matrix/functionNames.ts';
import { givenInput, variantsFor } from '../matrix/givenInput.ts';
import { makePeople, type People, signUpPerson } from '../support/callers.ts';
import { type FirestoreWork, measureFirestoreWork, type Touch } from '../support/firestoreWork.ts';
import { given } from '../support/given.ts';
import { photograph } from '../support/somePictures.ts';
import { openStudio, type Studio } from '../support/studio.ts';
import { put } from './images/uploader.ts';

const FILE = join(import.meta.dirname, '../../docs/budgets.json');
const PAGE = 5;
const FEW = 10;
const MANY = 2_000;
const JOBS = readdirSync(join(import.meta.dirname, '../../functions/scheduled')).map((file) => basename(file, '.ts'));

let studio: Studio;
let people: People;
let endpoints: Endpoint[];
const measured = { few: {} as Record<string, FirestoreWork>, many: {} as Record<string, FirestoreWork> };
const faults: Record<string, unknown> = {};

beforeAll(async () => {
  studio = await openStudio();
  studio.clock.advance(60_000); // Auth's own clock goes on while this one stands
  people = await makePeople(studio.service);
  studio.clock.advance(1_000);
  await Promise.all([makePeople(studio.service), makePeople(studio.service)]); // more than a page of them, and newer
  await haveAudit();
  endpoints = studio.service.endpoints.filter(({ access }) => access !== 'scheduler');
  const owner = people.owner.uid;
  await given.credits({ owner });
  await haveSongs(FEW);
  await Promise.all(
    Array.from({ length: PAGE + 1 }, () => Promise.all([given.image({ owner }), given.generation({ owner }), given.playlist({ owner })])),
  );
  const acknowledging = endpoints.find(({ name }) => name === 'acknowledgeIncident')!;
  for (let at = 0; at <= PAGE; at += 1) await variantsFor(acknowledging)[0]!.make(owner);
  await measureAll(measured.few);
  await haveSongs(MANY - FEW);
  await measureAll(measured.many);
  if (process.env['SORI_STORE_BUDGETS']) writeFileSync(FILE, `${JSON.stringify(leastOf(measured), null, 2)}\n`);
  console.log(printed());
}, 120_000);

afterAll(() => studio?.close());

it.each(functionNames().filter((name) => !JOBS.includes(name)))('%s stays within its budget, with 2,000 songs as with 10', (name) => {
  const few = measured.few[name];
  const { reads, writes } = endpoints.find((endpoint) => endpoint.name === name)!.budget;
  expect(faults[name]).toBeUndefined();
  expect({ reads: Math.max(reads, few!.reads), writes: Math.max(writes, few!.writes) }).toEqual({ reads, writes });
  const many = measured.many[name]!; // of what is done once, the second call does less
  expect({ reads: Math.max(many.reads, few!.reads), writes: Math.max(many.writes, few!.writes) }).toEqual(documentsOf(few));
});

it('is what docs/budgets.json says', () => {
  const stored = JSON.parse(readFileSync(FILE, 'utf8')) as Record<string, FirestoreWork>;
  const documents = (table: Record<string, FirestoreWork>) => Object.entries(table).map(([name, asked]) => [name, documentsOf(asked)]);
  expect(documents(stored)).toEqual(documents(measured.few));
  const slower = Object.entries(measured.few).filter(([name, { roundTrips }]) => roundTrips > stored[name]!.roundTrips + CHANCE);
  expect(slower).toEqual([]);
});

/** Of calls side by side, one may by chance begin just after another has ended: it then looks as if it had waited for it. */
const CHANCE = 2;

function documentsOf(asked: FirestoreWork | undefined) {
  return asked && { reads: asked.reads, writes: asked.writes };
}

async function measureAll(into: Record<string, FirestoreWork>): Promise<void> {
  for (const endpoint of endpoints) {
    try {
      into[endpoint.name] = await measure(endpoint);
    } catch (error) {
      faults[endpoint.name] = error;
    }
  }
}

/** What costs the most: the first time, and with songs that the playlist has not yet. */
const costliest: Record<string, (token: string | undefined) => Promise<object>> = {
  finishUpload: async (token) => {
    const picture = await photograph(90, 90);
    const { body } = await studio.service.call(startUpload, { contentType: 'image/jpeg', bytes: picture.length }, { token });
    const { status } = await put(body.upload, picture);
    if (status !== 200) throw new Error(`the bucket answered ${status}`);
    return { imageId: body.imageId };
  },
  updatePlaylist: async () => {
    const songs = await Promise.all(Array.from({ length: PAGE }, () => given.song({ owner: people.owner.uid })));
    return { songIds: songs.map(({ songId }) => songId) };
  },
};

/** After which the caller's token is no good. */
const LAST_CALLS = ['signOut', 'deleteAccount'];

async function somebody() {
  const { uid, token } = await signUpPerson(studio.service);
  return { uid, tokenFor: () => Promise.resolve(token) };
}

/** Whoever calls has called before, and so has somebody else: what is kept in memory for all is there. */
async function measure(endpoint: Endpoint): Promise<FirestoreWork> {
  const { owner, admin } = people;
  const [variant] = variantsFor(endpoint);
  const id = await variant?.make(owner.uid);
  const example = await givenInput(studio.service, endpoint, id);
  const own = endpoint.name === 'updateProfile' ? { displayName: newId('req') } : {};
  const input = endpoint.name.startsWith('list')
    ? { ...('scope' in example ? { scope: example['scope'] } : {}), limit: PAGE }
    : { ...example, ...own };
  const caller = LAST_CALLS.includes(endpoint.name) ? await somebody() : endpoint.access === 'admin' ? admin : owner;
  const token = await caller.tokenFor(endpoint.name);
  Object.assign(input, await costliest[endpoint.name]?.(token));
  // What is asked of a caller before any function begins is the same for all, and measured in g05-rateLimit.
  const isOwn = ({ path, isWrite }: Touch) => path !== `rateLimits/${caller.uid}` && (isWrite || path !== `userPrivate/${caller.uid}`);
  await studio.service.call(getStatus, {}); // what is open is known, and no probe is due
  const call = async () => {
    const answer = await studio.service.call(endpoint as never, input as never, { token });
    await playsCounted(); // which goes on beside the answer
    return answer;
  };
  const { result, asked } = await measureFirestoreWork(call, isOwn);
  const isExpected = result.status === endpoint.status || result.status === 302 || endpoint.name === 'answerUnknown';
  if (!isExpected) throw new Error(`${endpoint.name} answered ${result.status}: ${result.text}`);
  return asked;
}

/** More than a page of what operators did. */
async function haveAudit(): Promise<void> {
  const token = await people.admin.tokenFor('updateSettings');
  for (let at = 0; at <= PAGE; at += 1) await studio.service.call(updateSettings, { songsPerDay: at }, { token });
}

/** So many more of the owner's, copies of one that is whole. */
async function haveSongs(count: number): Promise<void> {
  const { uid } = people.owner;
  const { songId } = await given.song({ owner: uid, visibility: 'public' });
  const db = await database();
  const [song, media] = await db.getAll(db.doc(`songs/${songId}`), db.doc(`songMedia/${songId}`));
  const writer = db.bulkWriter();
  for (let at = 1; at < count; at += 1) {
    const copy = newId('sng');
    void writer.create(db.doc(`songs/${copy}`), { ...song!.data(), songId: copy });
    void writer.create(db.doc(`songMedia/${copy}`), media!.data()!);
  }
  await writer.close();
}

/** The fewest round trips that were seen are those that do wait for each other. */
function leastOf({ few, many }: typeof measured): Record<string, FirestoreWork> {
  const least = (name: string, asked: FirestoreWork) => Math.min(asked.roundTrips, many[name]?.roundTrips ?? asked.roundTrips);
  return Object.fromEntries(Object.entries(few).map(([name, asked]) => [name, { ...asked, roundTrips: least(name, asked) }]));
}

function printed(): string {
  const rows = Object.entries(measured.few).map(([name, { reads, writes, roundTrips }]) => [name, reads, writes, roundTrips].join('\t'));
  return ['function\treads\twrites\tsequential round trips', ...rows].join('\n');
}
