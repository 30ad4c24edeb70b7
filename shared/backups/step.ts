/** What the steps of a backup share. */
import type { World } from '#shared/runtime';
import type { DatabaseAdmin } from '#shared/snapshots';
import type { AccountSource } from './accountRecords.ts';
import type { BackupFailure } from './record.ts';
import type { Turn } from './takeTurn.ts';

export interface Step {
  turn: Turn;
  world: World;
  admin: DatabaseAdmin;
  accounts: AccountSource;
  bounds: BackupBounds;
  /** Asked after each page. */
  mayGoOn(): boolean;
}

export const BACKUP_BOUNDS = {
  /** One pass; the next goes on where it stopped. */
  passMs: 45_000,
  /** Of documents, 300 each, or of accounts: so many one pass reads, for all backups together. */
  pages: 20,
  /** Documents of one pass: those of its pages, tombstones, and what the steps look at and write down. To count takes a read for each thousand. */
  reads: 7_200,
  writes: 250,
  /** After it another pass may take over. Longer than any single call. */
  leaseMs: 180_000,
  /** While an operation of Firestore is waited for. */
  againMs: 30_000,
  /** What no repetition should change is tried so often all the same: a right may just have been given. */
  refusedPasses: 3,
  /** Of a comparison, which has days: a database that is still being made refuses what is brought into it. */
  refusedComparisons: 20,
};
export type BackupBounds = typeof BACKUP_BOUNDS;

/** `again`: at once, in this pass. `wait`: an operation is on its way. */
export type Outcome = 'again' | 'wait' | 'over';

/** It cannot be a backup any more. */
export class BackupFailed extends Error {
  override name = 'BackupFailed';
  readonly failure: BackupFailure;
  constructor(code: BackupFailure['code'], detail: string) {
    super(`${code}: ${detail}`);
    this.failure = { code, detail: detail.slice(0, 500) };
  }
}
