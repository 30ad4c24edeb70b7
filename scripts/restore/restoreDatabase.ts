/**
 * Brings a backup back, step by step; each may be repeated, and the marker in the bucket says which is next:
 * sweeps held → documents → what must not come back → accounts → comparison.
 */
import type { Firestore } from '@google-cloud/firestore';
import { type DatabaseAdmin, DatabaseRefused, type Manifest } from '#shared/backups';
import { config } from '#shared/runtime';
import { bringPage } from './accounts.ts';
import type { AccountsMode } from './commandLine.ts';
import { compare } from './compare.ts';
import { readDeletions } from './deletions.ts';
import { jobsRunSince } from './look.ts';
import { freshMarker, type Marker, type MarkerFile } from './marker.ts';
import { hold, readClosed, type Settled, settle } from './settle.ts';

const POLL_MS = 3_000;
/** Instants are told in whole milliseconds: what was written in this one must lie before it. */
const INSTANT_MS = 50;

export interface Restoring {
  manifest: Manifest;
  isVerified: boolean;
  to: string;
  admin: DatabaseAdmin;
  db: Firestore;
  file: MarkerFile;
  /** Where it goes on; undefined: from the beginning. */
  begun: Marker | undefined;
  accounts: AccountsMode;
  /** What was asked for before, and has no name, does not run any more. */
  isImportEnded: boolean;
  now: () => Date;
  sleep: (ms: number) => Promise<void>;
  /** Told often: how far it has come. */
  progress: (text: string) => void;
}

export interface Restored {
  /** Empty: everything is equal. */
  differences: string[];
  accounts: Marker['accounts'];
  settled: Settled;
  /** Runs of jobs that wrote into it meanwhile. */
  jobs: string[];
}

export async function restoreDatabase(restoring: Restoring): Promise<Restored> {
  const { db, file, now, manifest, progress } = restoring;
  let marker = restoring.begun ?? (await begin(restoring));
  if (marker.step === 'import') marker = await bringDocuments(marker, restoring);
  progress('what must not come back');
  const { isVerified } = restoring;
  const what = { manifest, isVerified, deletions: await readDeletions(db), closedFeatures: marker.closedFeatures };
  const settled = await settle(db, what, now());
  if (marker.step === 'settle') marker = await file.write({ ...marker, step: 'accounts' });
  if (marker.step === 'accounts') marker = await bringAccounts(marker, restoring);
  if (marker.step === 'compare') marker = await compare(marker, { db, manifest, file, progress });
  const late = await settle(db, { ...what, deletions: await readDeletions(db) }, now()); // whoever has written meanwhile
  await file.write({ ...marker, step: 'done' });
  return {
    ...{ differences: marker.differences, accounts: marker.accounts },
    settled: { ...late, closed: settled.closed + late.closed, givenUp: settled.givenUp + late.givenUp },
    jobs: await jobsRunSince(db, new Date(marker.startedAt)),
  };
}

async function begin({ db, file, now, manifest }: Restoring): Promise<Marker> {
  return file.write(freshMarker(manifest.backupId, now(), await readClosed(db)));
}

async function bringDocuments(begun: Marker, restoring: Restoring): Promise<Marker> {
  const { admin, manifest, db, file, now, sleep, progress } = restoring;
  await hold(db, now()); // a sweep that met half of the documents would take the rest of the storage for nobody's
  const marker = begun.operation === null ? await askForImport(begun, restoring) : begun;
  for (;;) {
    const state = await admin.stateOf(marker.operation!);
    if (state.state === 'done') break;
    if (state.state === 'failed') {
      await file.write({ ...marker, isAsked: false, operation: null });
      throw new Error(`The import has failed: ${state.detail}\nThe same command tries it again.`);
    }
    progress(`documents: the database is at it (${manifest.documents} to come)`);
    await sleep(POLL_MS);
  }
  await sleep(INSTANT_MS);
  const { readTime } = await db.collection('settings').limit(1).get();
  return file.write({ ...marker, step: 'settle', operation: null, importedAt: readTime.toDate().toISOString() });
}

/** Two at once would end one after the other, and the later one would bring back what has been set right by then. */
async function askForImport(begun: Marker, { admin, manifest, to, file, isImportEnded }: Restoring): Promise<Marker> {
  if (begun.isAsked && !isImportEnded) throw new Error(importUnknown(to));
  const marker = await file.write({ ...begun, isAsked: true });
  try {
    return await file.write({ ...marker, operation: await admin.startImport(manifest.exportPlace, to) });
  } catch (error) {
    if (error instanceof DatabaseRefused) await file.write({ ...marker, isAsked: false }); // certainly none was begun
    throw error;
  }
}

function importUnknown(to: string): string {
  return [
    'An import was asked for before, and it is not known whether it still runs. See:',
    `  gcloud firestore operations list --database="${to}" --project=${config().GOOGLE_CLOUD_PROJECT}`,
    'When none runs any more: the same command with --import-ended · 실행 중인 가져오기가 없으면 --import-ended 를 붙여 다시 실행하세요',
  ].join('\n');
}

async function bringAccounts(begun: Marker, { db, file, manifest, accounts: mode, progress }: Restoring): Promise<Marker> {
  let marker = begun;
  const deletions = await readDeletions(db);
  const pages = mode === 'none' ? [] : manifest.accountPages.slice(marker.accountPages);
  for (const page of pages) {
    const { counts, lacking } = await bringPage(page, { db, mode, deletions });
    const differences = lacking > 0 ? [...marker.differences, `accounts: ${lacking} of ${page.name} are not in Auth`] : marker.differences;
    const names = ['brought', 'there', 'byEmail', 'deleted'] as const;
    const accounts = Object.fromEntries(names.map((name) => [name, marker.accounts[name] + counts[name]])) as Marker['accounts'];
    marker = await file.write({ ...marker, differences, accounts, accountPages: marker.accountPages + 1 });
    progress(`accounts: page ${marker.accountPages} of ${manifest.accountPages.length}`);
  }
  return file.write({ ...marker, step: 'compare' });
}
