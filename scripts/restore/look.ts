/** What there is before anything is written: the database, what is in it, and who writes to it. */
import type { Firestore } from '@google-cloud/firestore';
import { collectionsOf, LIVE_DATABASE } from '#shared/backups';
import { config, fromDocument, schedulerClient } from '#shared/runtime';
import { listJobs } from '../schedule/applyPlan.ts';
import { isOurs, parentOf } from '../schedule/wantedJobs.ts';

const NOT_FOUND = 5; // grpc.github.io/grpc/core/md_doc_statuscodes.html
export const PAUSE = 'npm run schedule -- apply --pause all';

export function isNotThere(error: unknown): boolean {
  return (error as { code?: unknown } | null)?.code === NOT_FOUND;
}

/** @returns undefined when there is no such database */
export async function collectionsThere(db: Firestore): Promise<string[] | undefined> {
  try {
    return await collectionsOf(db);
  } catch (error) {
    if (isNotThere(error)) return undefined;
    throw error;
  }
}

/** What an operator has to do about a database that serves and is gone. */
export function howToMake(project: string, region: string): string {
  return [
    `There is no database ${LIVE_DATABASE} in ${project}. Make it, with rules and indexes, and come again; a name is free 5 minutes after its deletion:`,
    `  gcloud firestore databases create --database="${LIVE_DATABASE}" --location=${region} --type=firestore-native --project=${project}`,
    `  npx firebase deploy --only firestore --project ${project}`,
    '기본 데이터베이스가 없습니다. 위 명령으로 만든 뒤 다시 실행하세요.',
  ].join('\n');
}

/** Jobs that Cloud Scheduler would fire; undefined: it does not tell. */
export async function firingJobs(): Promise<string[] | undefined> {
  const { GOOGLE_CLOUD_PROJECT: projectId, REGION: region, FIRESTORE_EMULATOR_HOST, CLOUD_SCHEDULER_ENDPOINT } = config();
  if (FIRESTORE_EMULATOR_HOST && !CLOUD_SCHEDULER_ENDPOINT) return undefined; // Google's would be asked
  try {
    const jobs = await listJobs(await schedulerClient(), parentOf({ projectId, region }));
    return jobs.filter((job) => isOurs(job, undefined) && job.state !== 'PAUSED').map(({ name }) => String(name).split('/').at(-1)!);
  } catch {
    return undefined;
  }
}

/** Runs whose lease has not ended: the job may still be at it, paused or not. */
export async function jobsAtWork(db: Firestore, now: Date): Promise<string[]> {
  const { docs } = await db.collection('jobRuns').where('leaseUntilAt', '>', now).get();
  return docs
    .filter((run) => run.get('state') !== 'done')
    .map((run) => `${run.id} (until ${String(fromDocument(run.data())['leaseUntilAt'])})`);
}

/** Runs that were begun since: whoever fired them wrote into what was being restored. */
export async function jobsRunSince(db: Firestore, since: Date): Promise<string[]> {
  const { docs } = await db.collection('jobRuns').where('startedAt', '>', since).limit(20).get();
  return docs.map(({ id }) => id);
}
