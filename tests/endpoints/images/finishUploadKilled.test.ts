/** Whoever makes a picture of an upload is killed at every point of that work, and the client asks again. */
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { FileRecord, fileIdOf } from '#shared/files';
import { mediaStores } from '#shared/media';
import { database, fromDocument } from '#shared/runtime';
import { buildNumbered, type NumberedProgram } from '../../crashPoints/buildNumbered.ts';
import { type Cell, chooseCells, type Outcome, tryCells } from '../../crashPoints/crashMatrix.ts';
import type { Plan } from '../../crashPoints/crashPoint.ts';
import { type FirestoreRelay, openRelay } from '../../crashPoints/firestoreRelay.ts';
import { startNumbered } from '../../crashPoints/numberedProcess.ts';
import { readAll } from '../../shared/media/someStores.ts';
import { emulators } from '../../support/emulators.ts';
import { type House, openHouse } from '../../support/openHouse.ts';
import { announceSeed, isLong, limitMs } from '../../support/runs.ts';
import { photograph } from '../../support/somePictures.ts';
import { newUploader, type Uploader } from './uploader.ts';

let house: House;
let mina: Uploader;
let program: NumberedProgram;
let relay: FirestoreRelay;
let picture: Buffer;

beforeAll(async () => {
  announceSeed('finishUpload is killed');
  house = await openHouse({ hasBucket: true });
  mina = await newUploader(house);
  [program, relay, picture] = await Promise.all([
    buildNumbered('tests/faults/finishUploadProcess.ts'),
    openRelay(emulators().firestoreHost),
    photograph(700, 500),
  ]);
});

afterAll(async () => {
  await house?.close();
  await relay?.close();
  await program?.remove();
});

function start(imageId: string, plan: Plan) {
  return startNumbered(program, { plan, args: [imageId], env: { FIRESTORE_EMULATOR_HOST: relay.host } });
}

/** Only our steps: what they stand on is tried in long runs. */
function isOurs({ point }: Cell): boolean {
  return isLong || /^shared\/(images|files|media)\//.test(point);
}

/** What a whole run comes by. */
async function record(): Promise<Cell[]> {
  const running = start(await mina.send(picture), { action: 'record' });
  const cells: Cell[] = [];
  const counts = new Map<string, number>();
  for (let line = await running.next(); line; line = await running.next()) {
    if (!('hit' in line)) continue;
    const { point, kind } = line.hit;
    const hit = (counts.get(`${point} ${kind}`) ?? 0) + 1;
    counts.set(`${point} ${kind}`, hit);
    cells.push({ point, kind, hit, turn: line.turn });
  }
  expect(await running.ended).toBe('exit code 0');
  return cells;
}

/** One person may not send as many pictures as there are points. */
const CELLS_OF_ONE = 20;
let begun = 0;

async function tryKill({ point, kind, hit }: Cell): Promise<Outcome> {
  if (begun++ % CELLS_OF_ONE === 0) mina = await newUploader(house);
  const imageId = await mina.send(picture);
  const isReached = (await start(imageId, { action: 'kill', point, kind, hit }).ended) === 'SIGKILL';
  const violations = [...(await documentFaults(imageId)), ...(await objectFaults(imageId))];
  const { status, body, text } = await mina.finish(imageId);
  if (status !== 200) return { isReached, violations: [...violations, `finishing again: ${text}`] };
  const original = await mina.show(imageId, { ticket: body.ticket });
  const thumb = await mina.show(imageId, { size: 'thumb', ticket: body.ticket });
  if (original.bytes.length !== body.image.bytes || thumb.status !== 200) violations.push('it cannot be seen');
  violations.push(...(await documentFaults(imageId)), ...(await objectFaults(imageId)));
  return { isReached, violations };
}

/** The picture is there with all that belongs to it and its upload is over, or there is only the upload, still open. */
async function documentFaults(imageId: string): Promise<string[]> {
  const db = await database();
  const names = [`images/${imageId}`, `imageMedia/${imageId}`, `files/${fileIdOf('image', imageId)}`, `uploads/${imageId}`];
  const [image, media, file, upload] = await db.getAll(...names.map((name) => db.doc(name)));
  const there = [...[image, media, file].map((document) => document?.exists), upload?.get('state')];
  const isWhole = there.join() === 'true,true,true,finished';
  if (!isWhole && there.join() !== 'false,false,false,open') return [`documents: ${there.join()}`];
  const record = isWhole ? FileRecord.parse(fromDocument(file!.data()!)) : undefined;
  const stored = await Promise.all((record?.objects ?? []).map(({ name, storeIds }) => isStored(name, storeIds)));
  return stored.every(Boolean) ? [] : ['an object that a document names is not there'];
}

async function isStored(name: string, storeIds: string[]): Promise<boolean> {
  const stores = mediaStores().filter(({ id }) => storeIds.includes(id));
  return stores.length > 0 && (await Promise.all(stores.map((store) => store.find(name)))).every(Boolean);
}

/** What can be read is whole: its name is its checksum. */
async function objectFaults(imageId: string): Promise<string[]> {
  const faults: string[] = [];
  for (const store of mediaStores()) {
    for await (const { name } of store.list(`images/${imageId}/`)) {
      if (!(await store.find(name))) continue; // a disk counts it only when it has been described
      const sha256 = createHash('sha256')
        .update(await readAll((await store.open(name)).body))
        .digest('hex');
      if (!name.includes(sha256)) faults.push(`${store.id} has half of ${name}`);
    }
  }
  return faults;
}

describe('G8: finishUpload is killed', () => {
  it(
    'at any point: there is a whole picture or still its upload, never half an object, and finishing again makes the picture',
    async () => {
      const tried = chooseCells((await record()).filter(isOurs), 12);
      const { violations, reachedCount } = await tryCells(tried, tryKill);
      expect(violations).toEqual([]);
      expect(reachedCount).toBeGreaterThan(0.7 * tried.length);
    },
    limitMs(120_000),
  );
});
