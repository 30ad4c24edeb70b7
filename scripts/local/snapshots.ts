/**
 * The emulators keep everything in memory; what survives a restart are snapshots of both, taken while they run.
 *
 * A snapshot is written under another name and renamed when it is whole, so the newest one is always good.
 */
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** Something whose state can be written to a path of its own and read back from there. */
export interface Source {
  exportTo(path: string): Promise<unknown>;
}

export interface SnapshotSources {
  firestore?: Source;
  auth?: Source;
}

export interface Snapshots {
  /** Where the newest whole snapshot has the state of each emulator. */
  newest(): { firestore?: string; auth?: string };
  /** Takes one, unless nothing has changed since the last. Calls come one after the other. */
  take(sources: SnapshotSources): Promise<void>;
}

const UNFINISHED = 'unfinished';
const NAME = /^\d{8}-\d{6}-\d{3}$/;

export function snapshotsIn(directory: string): Snapshots {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const unfinished = join(directory, UNFINISHED);
  let digest = digestOf(newestFolder(directory));
  let last: Promise<void> = Promise.resolve();

  async function take({ firestore, auth }: SnapshotSources): Promise<void> {
    rmSync(unfinished, { recursive: true, force: true });
    mkdirSync(unfinished, { mode: 0o700 });
    // In this order: an account without its document gets one at the first call; a document without its account is of no use.
    await (firestore ?? earlier('firestore')).exportTo(join(unfinished, 'firestore'));
    await (auth ?? earlier('auth')).exportTo(join(unfinished, 'auth.json'));
    const taken = digestOf(unfinished);
    if (taken === digest) return rmSync(unfinished, { recursive: true });
    const name = nameOf(new Date());
    renameSync(unfinished, join(directory, name));
    digest = taken;
    for (const old of folders(directory)) if (old < name) rmSync(join(directory, old), { recursive: true });
  }

  function newest(): { firestore?: string; auth?: string } {
    const folder = newestFolder(directory);
    if (!folder) return {};
    const [firestore, auth] = [join(folder, 'firestore'), join(folder, 'auth.json')];
    return { ...(existsSync(firestore) ? { firestore } : {}), ...(existsSync(auth) ? { auth } : {}) };
  }

  /** What does not run this time, because another one is used in its place, keeps its state for the next. */
  function earlier(name: 'firestore' | 'auth'): Source {
    const path = newest()[name];
    return { exportTo: (target) => Promise.resolve(path && cpSync(path, target, { recursive: true })) };
  }

  return {
    newest,
    take(sources) {
      last = last.catch(() => undefined).then(() => take(sources));
      return last;
    },
  };
}

function newestFolder(directory: string): string | undefined {
  const name = folders(directory).at(-1);
  return name && join(directory, name);
}

function folders(directory: string): string[] {
  return readdirSync(directory)
    .filter((name) => NAME.test(name))
    .sort();
}

/** 20261123-101530-123: the names' order is that of time. */
function nameOf(date: Date): string {
  const digits = date.toISOString().replace(/\D/g, '');
  return `${digits.slice(0, 8)}-${digits.slice(8, 14)}-${digits.slice(14, 17)}`;
}

/** Of the data alone: the metadata beside them hold the time of the export, and so differ each time. */
function digestOf(folder: string | undefined): string | undefined {
  if (!folder) return undefined;
  const hash = createHash('sha256');
  for (const path of readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()) {
    if (/(^|[/\\])(output-\d+|auth\.json)$/.test(path)) hash.update(path).update(readFileSync(join(folder, path)));
  }
  return hash.digest('hex');
}
