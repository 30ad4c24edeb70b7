/**
 * Brings a backup back, step by step; each may be repeated, and the marker in the database says which is next:
 * documents → accounts → comparison → accounts that were deleted since are closed again → sweeps held.
 */
import type { Firestore } from '@google-cloud/firestore';
import {
  collectionsOf,
  countAll,
  type DatabaseAdmin,
  DigestPage,
  differencesIn,
  differingCounts,
  digestName,
  LIVE_DATABASE,
  type Manifest,
  ownAccounts,
  readAccountPage,
  readJson,
} from '#shared/backups';
import { holdSweeps } from '#shared/operations';
import { closeDeleted, isDeleted, readDeletions } from './closeDeleted.ts';
import { type Marker, RESTORES, readMarker, writeMarker } from './marker.ts';

const POLL_MS = 3_000;
const HELD_DAYS = 7;
const NAMED_COUNT = 20;

export interface Restoring {
  manifest: Manifest;
  to: string;
  admin: DatabaseAdmin;
  db: Firestore;
  now: () => Date;
  sleep: (ms: number) => Promise<void>;
  /** Told often: how far it has come. */
  progress: (text: string) => void;
}

export interface Restored {
  /** Empty: everything is equal. */
  differences: string[];
  accounts: number;
  closed: number;
  heldUntil: Date;
}

/** Whether there is anything that a restore would mix with, and whether one was begun. */
export async function lookAt(db: Firestore): Promise<{ collections: string[]; marker: Marker | undefined }> {
  const collections = (await collectionsOf(db)).filter((id) => id !== RESTORES);
  return { collections, marker: await readMarker(db) };
}

export async function restoreDatabase(restoring: Restoring): Promise<Restored> {
  const { db, manifest, to, now } = restoring;
  let marker = await readMarker(db);
  if (marker?.backupId !== manifest.backupId || marker.step === 'done') {
    marker = await writeMarker(db, { backupId: manifest.backupId, step: 'import', operation: null, differences: [] });
  }
  if (marker.step === 'import') marker = await bringDocuments(marker, restoring);
  let accounts = 0;
  if (marker.step === 'accounts') {
    if (to === LIVE_DATABASE) accounts = await bringAccounts(restoring);
    marker = await writeMarker(db, { ...marker, step: 'compare' });
  }
  if (marker.step === 'compare') marker = await writeMarker(db, { ...marker, step: 'close', differences: await compare(restoring) });
  const closed = await closeDeleted(db, await readDeletions(db), now());
  const heldUntil = new Date(now().getTime() + HELD_DAYS * 24 * 60 * 60_000);
  await holdSweeps(db, heldUntil);
  await writeMarker(db, { ...marker, step: 'done' });
  return { differences: marker.differences, accounts, closed, heldUntil };
}

async function bringDocuments(begun: Marker, { admin, manifest, to, db, sleep, progress }: Restoring): Promise<Marker> {
  let marker = begun;
  if (marker.operation === null) {
    marker = await writeMarker(db, { ...marker, operation: await admin.startImport(manifest.exportPlace, to) });
  }
  for (;;) {
    const state = await admin.stateOf(marker.operation!);
    if (state.state === 'done') return writeMarker(db, { ...marker, step: 'accounts', operation: null });
    if (state.state === 'failed') {
      await writeMarker(db, { ...marker, operation: null });
      throw new Error(`The import has failed: ${state.detail}\nThe same command tries it again.`);
    }
    progress(`documents: the database is at it (${manifest.documents} to come)`);
    await sleep(POLL_MS);
  }
}

/** Without those who have deleted their account since. */
async function bringAccounts({ manifest, db, progress }: Restoring): Promise<number> {
  const deletions = await readDeletions(db);
  let brought = 0;
  for (const page of manifest.accountPages) {
    const { users, hashConfig } = await readAccountPage(page);
    const kept = users.filter(({ localId }) => !isDeleted(db, localId, deletions));
    await ownAccounts().bringBack(kept, hashConfig ?? undefined);
    brought += kept.length;
    progress(`accounts: ${brought} of ${manifest.accounts}`);
  }
  return brought;
}

/** Numbers always; of a weekly backup every document. */
async function compare({ manifest, db, progress }: Restoring): Promise<string[]> {
  const { [RESTORES]: _, ...counts } = await countAll(db);
  const { [RESTORES]: _before, ...expected } = manifest.counts;
  const differences = differingCounts(expected, counts);
  for (let page = 1; page <= manifest.digestPages; page += 1) {
    const digests = await readJson(digestName(manifest.backupId, page), DigestPage);
    if (digests.collection !== RESTORES) differences.push(...(await differencesIn(db, digests)));
    progress(`comparison: page ${page} of ${manifest.digestPages}`);
  }
  return differences.slice(0, NAMED_COUNT);
}
