/** Whether a restore may begin, and whether one has been begun. */
import type { Firestore } from '@google-cloud/firestore';
import { type DatabaseAdmin, LIVE_DATABASE, type Manifest } from '#shared/backups';
import { config } from '#shared/runtime';
import type { RestoreCommand } from './commandLine.ts';
import { firingJobs, howToMake, jobsAtWork, PAUSE } from './look.ts';
import type { Marker } from './marker.ts';

export interface There {
  /** Undefined: there is no such database. */
  collections: string[] | undefined;
  /** By the last restore into it. */
  left: Marker | undefined;
}

interface Judging {
  db: Firestore;
  admin: DatabaseAdmin;
  manifest: Manifest;
  asked: RestoreCommand;
}

export interface Judged {
  /** Where it goes on; undefined: from the beginning. */
  begun: Marker | undefined;
  /** For people. */
  notes: string[];
  /** Empty: it may begin. */
  refusals: string[];
}

export async function judge({ collections, left }: There, { db, admin, manifest, asked }: Judging): Promise<Judged> {
  const { to, isForced } = asked;
  const isEmpty = collections === undefined || collections.length === 0;
  // A database that is empty has nothing of what was noted of it.
  const open = left !== undefined && left.step !== 'done' && !isEmpty ? left : undefined;
  const begun = open?.backupId === manifest.backupId ? open : undefined;
  const refusals: string[] = [];
  if (collections === undefined && to === LIVE_DATABASE) refusals.push(howToMake(config().GOOGLE_CLOUD_PROJECT, config().REGION));
  if (!isEmpty && !begun && !isForced) refusals.push(`${to} is not empty. Take another database, or --force · 대상이 비어 있지 않습니다`);
  if (open && !begun) refusals.push(...(await otherRestore(open, admin, isForced)));
  const there = { isThere: collections !== undefined, isBegun: begun !== undefined };
  const jobs = to === LIVE_DATABASE ? await whoWrites(db, there) : { notes: [], refusals: [] };
  const shown = begun ? `Begun before, goes on with: ${begun.step}` : `There now: ${namesOf(collections, to)}`;
  return { begun, notes: [shown, ...jobs.notes], refusals: [...refusals, ...jobs.refusals] };
}

/** What of it is still on its way would end after the new one, and bring back what that has set right. */
async function otherRestore({ backupId, step, operation }: Marker, admin: DatabaseAdmin, isForced: boolean): Promise<string[]> {
  const isRunning = operation !== null && (await admin.stateOf(operation)).state === 'running';
  if (isRunning) return [`The import of ${backupId} into it is still running: ${operation}. Come again when it has ended`];
  return isForced ? [] : [`A restore of ${backupId} has stopped there at "${step}". To go on: --from ${backupId}`];
}

async function whoWrites(db: Firestore, { isThere, isBegun }: { isThere: boolean; isBegun: boolean }): Promise<Omit<Judged, 'begun'>> {
  const firing = await firingJobs();
  const notes = firing ? [] : ['Cloud Scheduler does not tell whether jobs are paused: see to it · 작업이 멈췄는지 확인하세요'];
  if (firing && firing.length > 0) {
    const jobs = firing.join(', ');
    return { notes, refusals: [`Jobs would write into it: ${jobs}. First: ${PAUSE}, and close the service · 먼저 작업을 멈추세요`] };
  }
  // What came back with the backup shows runs of then.
  const working = isThere && !isBegun ? await jobsAtWork(db, new Date()) : [];
  if (working.length === 0) return { notes, refusals: [] };
  return { notes, refusals: [`Jobs are still at work there: ${working.join(', ')}. Come again then · 아직 실행 중인 작업이 있습니다`] };
}

function namesOf(collections: string[] | undefined, to: string): string {
  if (collections === undefined) return `no database ${to}${to === LIVE_DATABASE ? '' : '; it is made'}`;
  return collections.join(', ') || 'nothing';
}
