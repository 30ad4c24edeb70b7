import type { Firestore } from '@google-cloud/firestore';
import { collectionsOf, countAll, DigestPage, differencesIn, differingCounts, digestName, type Manifest, readJson } from '#shared/backups';
import { MediaFault } from '#shared/media';
import type { Marker, MarkerFile } from './marker.ts';

const NAMED_COUNT = 20;
const PAGES_A_NOTE = 20;
/** A database shows its past for an hour, and reading takes its time. */
const PAST_MS = 50 * 60_000;
/** Ours, and written before the import. */
const HOLD = 'settings/sweeps';

interface Comparing {
  db: Firestore;
  manifest: Manifest;
  file: MarkerFile;
  progress: (text: string) => void;
}

/**
 * As it was when the import had ended, before we or anybody else changed it: numbers always; of a weekly backup every document. What is
 * compared later than an hour after is compared as it is, and what was set right since is among the differences.
 */
export async function compare(begun: Marker, { db, manifest, file, progress }: Comparing): Promise<Marker> {
  let marker = begun;
  const note = (change: Partial<Marker>) => {
    const differences = [...marker.differences, ...(change.differences ?? [])].slice(0, NAMED_COUNT);
    marker = { ...marker, ...change, differences };
  };
  if (marker.comparedPages === 0) note({ differences: await differingNumbers(db, manifest, readAtOf(marker)) });
  for (let page = marker.comparedPages + 1; page <= manifest.digestPages; page += 1) {
    note({ comparedPages: page, differences: await differingPaths(marker, digestName(manifest.backupId, page), db) });
    progress(`comparison: page ${page} of ${manifest.digestPages}`);
    if (page % PAGES_A_NOTE === 0) await file.write(marker);
  }
  return marker;
}

async function differingPaths(marker: Marker, name: string, db: Firestore): Promise<string[]> {
  const digests = await readJson(name, DigestPage).catch((error: unknown) => {
    if (error instanceof MediaFault && error.kind !== 'missing' && error.kind !== 'damaged') throw error;
    return undefined;
  });
  if (!digests) return [`${name} cannot be read: what it is of is not compared`];
  return (await differencesIn(db, digests, readAtOf(marker))).filter((path) => path !== HOLD);
}

async function differingNumbers(db: Firestore, { counts }: Manifest, readAt: Date | undefined): Promise<string[]> {
  const collections = [...new Set([...Object.keys(counts), ...(await collectionsOf(db))])].sort();
  const found = await countAll(db, readAt && { readAt, collections });
  // The hold was there before the import, and perhaps it was in the backup as well.
  const isOneMore = (found['settings'] ?? 0) === (counts['settings'] ?? 0) + 1;
  return differingCounts(counts, isOneMore ? { ...found, settings: counts['settings'] ?? 0 } : found);
}

/** Undefined: it is too late. */
function readAtOf({ importedAt }: Marker): Date | undefined {
  if (importedAt === null || Date.now() - Date.parse(importedAt) > PAST_MS) return undefined;
  return new Date(importedAt);
}
