/**
 * How far a restore has come: `restores/<project>/<database>/<number>.json` in the backup bucket, one object more with each step. In the
 * database it would be overwritten by what comes back. Of two that restore into one database at once, one is refused its next number.
 */
import { z } from 'zod';
import { LIVE_DATABASE, listObjects, readJson, writeJson } from '#shared/backups';
import { MediaFault } from '#shared/media';

const Marker = z.object({
  backupId: z.string(),
  /** What is to be done next. */
  step: z.enum(['import', 'settle', 'accounts', 'compare', 'done']),
  startedAt: z.iso.datetime(),
  /** Written before the import is asked for, and its name after: in between, one may be under way that nobody knows. */
  isAsked: z.boolean(),
  operation: z.string().nullable(),
  /** When all documents were there as they came, by the database's clock. */
  importedAt: z.iso.datetime().nullable(),
  /** Features that were closed before the import brought the settings of then. */
  closedFeatures: z.array(z.string()),
  /** Pages of accounts that are done, and what became of them. */
  accountPages: z.int(),
  accounts: z.object({ brought: z.int(), there: z.int(), byEmail: z.int(), deleted: z.int() }),
  comparedPages: z.int(),
  /** What came back changed, the first of it. */
  differences: z.array(z.string()),
});
export type Marker = z.output<typeof Marker>;

const Written = z.object({ runId: z.string(), at: z.iso.datetime(), marker: Marker });

export interface MarkerFile {
  /** As it was left by whoever wrote last; undefined: nobody has. */
  read(): Promise<Marker | undefined>;
  /** @throws when another process has gone on meanwhile */
  write(marker: Marker): Promise<Marker>;
}

/** @param runId - of this process: two never write the same bytes */
export function markerFile(project: string, database: string, runId: string): MarkerFile {
  const folder = `restores/${project}/${database === LIVE_DATABASE ? '_default' : database}/`;
  let written: number | undefined;
  const last = async () => {
    const numbers = (await listObjects(folder)).map(({ name }) => Number(/(\d+)\.json$/.exec(name)?.[1] ?? 0));
    return Math.max(0, ...numbers);
  };
  const nameOf = (number: number) => `${folder}${String(number).padStart(6, '0')}.json`;
  return {
    async read() {
      written = await last();
      return written === 0 ? undefined : (await readWritten(nameOf(written))).marker;
    },
    async write(marker) {
      written ??= await last();
      await writeOnce(nameOf(written + 1), { runId, at: new Date().toISOString(), marker });
      written += 1;
      return marker;
    },
  };
}

async function readWritten(name: string): Promise<z.output<typeof Written>> {
  try {
    return await readJson(name, Written);
  } catch (error) {
    if (error instanceof MediaFault) throw error;
    throw new Error(`${name} in the backup bucket cannot be understood. To begin anew, remove it and those before · 이어서 할 수 없습니다`);
  }
}

async function writeOnce(name: string, value: object): Promise<void> {
  try {
    await writeJson(name, value);
  } catch (error) {
    if (!(error instanceof MediaFault) || error.kind !== 'damaged') throw error;
    throw new Error(`Another restore into the same database is under way: it has written ${name} · 다른 복원이 진행 중입니다`);
  }
}

export function freshMarker(backupId: string, now: Date, closedFeatures: string[]): Marker {
  return {
    ...{ backupId, step: 'import', startedAt: now.toISOString(), isAsked: false, operation: null, importedAt: null, closedFeatures },
    ...{ accountPages: 0, accounts: { brought: 0, there: 0, byEmail: 0, deleted: 0 }, comparedPages: 0, differences: [] },
  };
}
