/** Firestore's managed export and import, by the official client. @see https://firebase.google.com/docs/firestore/manage-data/export-import */
import { z } from 'zod';
import { config, database, within } from '#shared/runtime';
import type { AdminAddress, AdminClient } from './adminClient.ts';
import { type DatabaseAdmin, DatabaseRefused, DONE, LIVE_DATABASE, type OperationState } from './port.ts';

export interface ManagedOptions extends AdminAddress {
  bucket: string;
  /** Where new databases stand. */
  region: string;
  /** Of one call; an operation goes on by itself. */
  callLimitMs?: number;
}

/** 64-bit numbers come as objects or texts; what is absent is 0. */
const Work = z.object({ completedWork: z.preprocess(String, z.coerce.number()) }).catch({ completedWork: 0 });
const Progress = z.object({ progressDocuments: Work, progressBytes: Work });

const MINUTE_MS = 60_000;
/** The client would repeat and wait for minutes; here the next pass repeats. */
const CALL_LIMIT_MS = 20_000;

// grpc.github.io/grpc/core/md_doc_statuscodes.html
const [INVALID, NOT_FOUND, EXISTS, DENIED, PRECONDITION, UNAUTHENTICATED] = [3, 5, 6, 7, 9, 16];
const NEVER = new Set<unknown>([INVALID, NOT_FOUND, DENIED, PRECONDITION, UNAUTHENTICATED]);

export function createManagedDatabase(options: ManagedOptions): DatabaseAdmin {
  const { projectId, bucket, region, callLimitMs = CALL_LIMIT_MS } = options;
  const call = { timeout: callLimitMs, maxRetries: 1 };
  let client: Promise<AdminClient> | undefined;
  const load = () => import('./adminClient.ts');
  const nameOf = (databaseId: string) => `projects/${projectId}/databases/${databaseId}`;
  const uriOf = (place: string) => `gs://${bucket}/${place}`;
  const ask = async <T>(work: (admin: AdminClient) => Promise<T>) => {
    client ??= load().then(({ createAdminClient }) => createAdminClient(options));
    return refusals(within(callLimitMs, 'the administration of Firestore', work(await client)));
  };
  /** @returns the operation's name. The client's own waiting for it is not begun. */
  const begin = async (work: (admin: AdminClient) => Promise<[{ name?: string | null }, ...unknown[]]>) => {
    const [{ name }] = await ask(work);
    if (!name) throw new Error('the service began an operation without a name');
    return name;
  };

  return {
    chooseInstant: lastWholeMinute,
    startExport(place, snapshotAt) {
      const request = { name: nameOf(LIVE_DATABASE), outputUriPrefix: uriOf(place), snapshotTime: toTimestamp(snapshotAt) };
      return begin((by) => by.exportDocuments(request, call));
    },
    startImport: (place, databaseId) => begin((by) => by.importDocuments({ name: nameOf(databaseId), inputUriPrefix: uriOf(place) }, call)),
    startCreate(databaseId) {
      const database = { locationId: region, type: 'FIRESTORE_NATIVE' } as const;
      return orDone(
        EXISTS,
        begin((by) => by.createDatabase({ parent: `projects/${projectId}`, databaseId, database }, call)),
      );
    },
    startDelete: (databaseId) =>
      orDone(
        NOT_FOUND,
        begin((by) => by.deleteDatabase({ name: nameOf(databaseId) }, call)),
      ),
    async listDatabases() {
      const [{ databases }] = await ask((by) => by.listDatabases({ parent: `projects/${projectId}` }, call));
      return (databases ?? []).flatMap(({ name }) => name?.split('/').at(-1) ?? []);
    },
    stateOf: async (operation) => (operation === DONE ? done(0, 0) : ask((by) => stateOf(by, operation))),
    open: async (databaseId) => (await load()).createDatabaseClient(projectId, databaseId),
  };
}

/** From the settings of this process. */
export function managedDatabase(bucket: string): DatabaseAdmin {
  const { GOOGLE_CLOUD_PROJECT: projectId, REGION: region } = config();
  return createManagedDatabase({ projectId, region, bucket });
}

/** Exports know whole minutes of the past only. The database's own clock says which: ours may be ahead. */
async function lastWholeMinute(): Promise<Date> {
  const db = await database();
  const { readTime } = await db.collection('backups').limit(1).get();
  return new Date(Math.floor(readTime.toMillis() / MINUTE_MS) * MINUTE_MS);
}

async function stateOf(admin: AdminClient, name: string): Promise<OperationState> {
  const operation = await admin.checkExportDocumentsProgress(name);
  if (!operation.done) return { state: 'running' };
  const { error } = operation.latestResponse;
  if (error) return { state: 'failed', detail: `${error.code ?? ''} ${error.message ?? ''}`.trim().slice(0, 200) };
  const { progressDocuments, progressBytes } = Progress.parse(operation.metadata ?? {});
  return done(progressDocuments.completedWork, progressBytes.completedWork);
}

function done(documents: number, bytes: number): OperationState {
  return { state: 'done', documents, bytes };
}

async function orDone(code: number, work: Promise<string>): Promise<string> {
  try {
    return await work;
  } catch (error) {
    if (codeOf(error) === code || codeOf((error as Error).cause) === code) return DONE;
    throw error;
  }
}

function codeOf(error: unknown): unknown {
  return (error as { code?: unknown } | undefined)?.code;
}

async function refusals<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    const { code, details } = error as { code?: unknown; details?: unknown };
    if (!NEVER.has(code)) throw error;
    throw new DatabaseRefused(`Firestore administration: ${String(code)}: ${String(details).slice(0, 200)}`, { cause: error });
  }
}

function toTimestamp(at: Date): { seconds: number } {
  return { seconds: at.getTime() / 1000 };
}
