/** What is known of each deployment: one file each, written after every step, so that the next run goes on and a rollback knows whereto. */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

export const Release = z.object({
  releaseId: z.string(),
  projectId: z.string(),
  phase: z.literal([1, 2]),
  /** Of all that is deployed: the same sources and settings give the same. */
  digest: z.string(),
  state: z.enum(['running', 'failed', 'live', 'rolledBack']),
  startedAt: z.iso.datetime(),
  endedAt: z.iso.datetime().nullable(),
  /** Names of the steps that have ended. */
  done: z.array(z.string()),
  /** By function: what was deployed, and the revision that it became. */
  functions: z.record(z.string(), z.object({ digest: z.string(), revision: z.string() })),
  hostingVersion: z.string().nullable(),
  ruleset: z.string().nullable(),
});
export type Release = z.output<typeof Release>;

export class Releases {
  readonly directory: string;

  constructor(directory: string) {
    this.directory = directory;
    mkdirSync(directory, { recursive: true, mode: 0o700 });
  }

  /** The oldest first. */
  list(): Release[] {
    return readdirSync(this.directory)
      .filter((name) => existsSync(join(this.directory, name, 'release.json')))
      .sort()
      .map((name) => Release.parse(JSON.parse(readFileSync(join(this.directory, name, 'release.json'), 'utf8'))));
  }

  /** The one that was broken off and is the same as what is to be deployed now. */
  unfinished(digest: string, phase: 1 | 2): Release | undefined {
    const newest = this.list().at(-1);
    const goesOn = newest && newest.state !== 'live' && newest.state !== 'rolledBack' && newest.digest === digest && newest.phase === phase;
    return goesOn ? newest : undefined;
  }

  live(): Release | undefined {
    return this.list().findLast(({ state }) => state === 'live');
  }

  folderOf(releaseId: string): string {
    return join(this.directory, releaseId);
  }

  /** Whole or not at all. */
  save(release: Release): void {
    const folder = this.folderOf(release.releaseId);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const file = join(folder, 'release.json');
    writeFileSync(`${file}.unfinished`, `${JSON.stringify(Release.parse(release), null, 2)}\n`, { mode: 0o600 });
    renameSync(`${file}.unfinished`, file);
  }
}

export function newRelease(projectId: string, phase: 1 | 2, digest: string, now: Date): Release {
  const startedAt = now.toISOString();
  const releaseId = `r${startedAt.replace(/\D/g, '').slice(0, 17)}`;
  return {
    releaseId,
    projectId,
    phase,
    digest,
    state: 'running',
    startedAt,
    endedAt: null,
    done: [],
    functions: {},
    hostingVersion: null,
    ruleset: null,
  };
}
