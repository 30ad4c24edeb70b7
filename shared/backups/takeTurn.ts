import type { Firestore } from '@google-cloud/firestore';
import { fromDocument, isConflict, log, toDocument, transact, type World } from '#shared/runtime';
import { BACKUP_WORK, Backup, BackupWork, backupRef, workRef } from './record.ts';

export interface Change {
  work?: Partial<BackupWork>;
  backup?: Partial<Backup>;
}

/** The right to move one backup on, for a while. */
export interface Turn {
  readonly work: BackupWork;
  readonly backup: Backup;
  /** Writes down how far it has come, and keeps the turn. @throws {TurnLost} */
  write(change: Change): Promise<void>;
  /** The same, and gives the turn back. @param dueAt - when it goes on; null: never */
  leave(change: Change, dueAt: Date | null): Promise<void>;
}

/** Its time ran out, and another has taken over. However late this is noticed, nothing more is written. */
export class TurnLost extends Error {
  override name = 'TurnLost';
}

const UNREADABLE_MS = 60 * 60_000;

/** One that is being made comes before what may take days. */
export async function findDue(db: Firestore, now: Date, limit: number): Promise<string[]> {
  const { docs } = await db.collection(BACKUP_WORK).where('dueAt', '<=', now).orderBy('dueAt').limit(limit).get();
  const urgency = (found: (typeof docs)[number]) => Number(found.get('isRunning') === true);
  return docs.sort((one, other) => urgency(other) - urgency(one)).map(({ id }) => id);
}

/** @returns undefined when another was quicker, or when the records cannot be read */
export async function takeTurn(backupId: string, { clock, newId }: World, leaseMs: number): Promise<Turn | undefined> {
  const claimId = newId('clm');
  const leased = () => new Date(clock.now() + leaseMs).toISOString();
  const taken = await transact(async (transaction, db) => {
    const [work, backup] = await transaction.getAll(workRef(db, backupId), backupRef(db, backupId));
    const read = readBoth(work?.data(), backup?.data());
    if (!read) {
      log.error('backup_unreadable', { backupId });
      if (work?.exists) transaction.update(work.ref, { dueAt: new Date(clock.now() + UNREADABLE_MS) });
      return undefined;
    }
    const { dueAt } = read.work;
    if (dueAt === null || Date.parse(dueAt) > clock.now()) return undefined;
    const change = { claimId, dueAt: leased() };
    transaction.update(work!.ref, toDocument(change));
    return { ...read, work: { ...read.work, ...change } };
  }).catch((error: unknown) => {
    if (isConflict(error)) return undefined;
    throw error;
  });
  return taken && turnOf(taken, claimId, { leased, now: () => new Date(clock.now()).toISOString() });
}

interface Both {
  work: BackupWork;
  backup: Backup;
}

function readBoth(work: object | undefined, backup: object | undefined): Both | undefined {
  const readWork = work && BackupWork.safeParse(fromDocument(work)).data;
  const readBackup = backup && Backup.safeParse(fromDocument(backup)).data;
  return readWork && readBackup ? { work: readWork, backup: readBackup } : undefined;
}

function turnOf(taken: Both, claimId: string, { leased, now }: { leased: () => string; now: () => string }): Turn {
  const { backupId } = taken.work;
  let both = taken;
  const write = async ({ work = {}, backup = {} }: Change, dueAt: string | null) => {
    const next = { work: { ...both.work, ...work, dueAt }, backup: { ...both.backup, ...backup, updatedAt: now() } };
    await transact(async (transaction, db) => {
      if ((await transaction.get(workRef(db, backupId))).get('claimId') !== claimId) throw new TurnLost(backupId);
      transaction.set(workRef(db, backupId), toDocument(next.work));
      if (Object.keys(backup).length > 0) transaction.set(backupRef(db, backupId), toDocument(next.backup));
    });
    both = next;
  };
  return {
    get work() {
      return both.work;
    },
    get backup() {
      return both.backup;
    },
    write: (change) => write(change, leased()),
    leave: (change, dueAt) => write({ ...change, work: { ...change.work, claimId: null } }, dueAt === null ? null : dueAt.toISOString()),
  };
}
