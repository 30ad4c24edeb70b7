import { realpath } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { MediaFault } from '#shared/media';
import { inParallel, mask, required, systemClock, within } from '#shared/runtime';
import { importedId } from './importedId.ts';
import { importImage } from './importImage.ts';
import type { ImportRun } from './importRun.ts';
import { importSong } from './importSong.ts';
import { importUser } from './importUser.ts';
import { readMarks } from './marks.ts';
import { type Entry, type ReadDescription, readDescription } from './readDescription.ts';
import { EntryFault, type ImportReport, type Kind, type Outcome } from './report.ts';

export interface ImportOptions {
  file: string;
  isDryRun: boolean;
  now: Date;
  /** Told after each entry. */
  progress(kind: Kind, doneCount: number, totalCount: number): void;
}

const AT_ONCE: Record<Kind, number> = { users: 4, songs: 4, images: 2 };
const PREFIXES = { users: 'usr', songs: 'sng', images: 'img' } as const;
const ENTRY_LIMIT_MS = 300_000;
const TRIES = 3;
const PAUSE_MS = 500;
/** gRPC's code for a transaction that did not get its locks. */
const ABORTED = 10;
/** Locks of a process that is gone lapse after a minute. */
const LOCKED_MS = 120_000;
/** So many entries that fail for reasons of ours mean that something is down: the others would fare no better. */
const MOST_OUTAGES = 5;

/**
 * Brings in what a description names: users first, then what is theirs.
 *
 * @throws when the description as a whole, the settings, or the services below do not allow it
 */
export async function importAll(options: ImportOptions, report: ImportReport): Promise<void> {
  const description = await readDescription(options.file, report);
  if (!options.isDryRun) required('JWT_SECRET'); // names the tombstones; better missed now than at each user
  const run = await prepare(description, options);
  await importEntries(description.users, importUser, { run, options, report });
  await importEntries(description.songs, importSong, { run, options, report });
  await importEntries(description.images, importImage, { run, options, report });
}

async function prepare({ users, songs, images, ...description }: ReadDescription, options: ImportOptions): Promise<ImportRun> {
  const { source, passwordHashing, faultyUsers } = description;
  const { file, isDryRun, now } = options;
  return {
    source,
    passwordHashing,
    folder: await realpath(dirname(resolve(file))),
    isDryRun,
    now,
    imported: await readMarks([...users, ...songs, ...images].map((entry) => idOf(entry, source))),
    owners: new Map([...faultyUsers].map((id) => [id, { state: 'faulty' }])),
  };
}

type AnyEntry = Entry<{ id: string }>;

function idOf({ place, fields }: AnyEntry, source: string): string {
  return importedId(PREFIXES[place.kind], source, fields.id);
}

interface Context {
  run: ImportRun;
  options: ImportOptions;
  report: ImportReport;
}

type Work<Fields> = (fields: Fields, run: ImportRun) => Promise<Outcome>;

async function importEntries<Fields extends { id: string }>(entries: Entry<Fields>[], work: Work<Fields>, context: Context): Promise<void> {
  const { report, options } = context;
  let doneCount = 0;
  let outageCount = 0;
  await inParallel(entries, AT_ONCE[entries[0]?.place.kind ?? 'users'], async (entry) => {
    if (outageCount >= MOST_OUTAGES) return;
    const { kind } = entry.place;
    try {
      report.count(kind, await tryAgain(entry, work, context.run));
    } catch (error) {
      if (!(error instanceof EntryFault)) outageCount += 1;
      report.count(kind, 'faulty');
      report.fault(entry.place, error instanceof EntryFault ? error : outage(error));
    }
    doneCount += 1;
    options.progress(kind, doneCount, entries.length);
  });
  if (outageCount >= MOST_OUTAGES) throw new Error('Stopped: too much has failed for reasons outside the description. Nothing is lost.');
}

/** What fails for no fault of the entry may be another run at work on the same one: after a pause it has left its mark. */
async function tryAgain<Fields extends { id: string }>(entry: Entry<Fields>, work: Work<Fields>, run: ImportRun): Promise<Outcome> {
  const startedAtMs = systemClock.monotonicMs();
  let imported = run.imported;
  for (let tries = 1; ; tries += 1) {
    try {
      return await within(ENTRY_LIMIT_MS, 'the import of an entry', work(entry.fields, { ...run, imported }));
    } catch (error) {
      const isWorthIt = tries < TRIES || (isLocked(error) && systemClock.monotonicMs() - startedAtMs < LOCKED_MS);
      if (error instanceof EntryFault || !isWorthIt) throw error;
      await systemClock.sleep(Math.min(tries, TRIES) * PAUSE_MS * (0.5 + Math.random()));
      imported = await readMarks([idOf(entry, run.source)]).catch(() => imported);
    }
  }
}

/** A run that was killed inside a transaction leaves its locks behind. */
function isLocked(error: unknown): boolean {
  return (error as { code?: unknown }).code === ABORTED;
}

function outage(error: unknown): EntryFault {
  const what = error instanceof MediaFault ? 'the storage does not take it' : 'it could not be brought in';
  const message = error instanceof Error ? mask(error.message).replace(/\.$/, '') : 'unknown fault';
  return new EntryFault('entry', `${what}: ${message}`, 'Nothing in the description is wrong: run the import again when this is mended.');
}
