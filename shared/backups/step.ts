/** What the steps of a backup share. */
import type { World } from '#shared/runtime';
import type { AccountSource } from './accountRecords.ts';
import type { DatabaseAdmin } from './port.ts';
import type { BackupFailure } from './record.ts';
import type { Turn } from './takeTurn.ts';

export interface Step {
  turn: Turn;
  world: World;
  admin: DatabaseAdmin;
  accounts: AccountSource;
  bounds: BackupBounds;
  /** Asked before each page. */
  mayGoOn(): boolean;
}

export const BACKUP_BOUNDS = {
  /** One pass; the next goes on where it stopped. */
  passMs: 45_000,
  /** Pages of documents, of 300 each, that one pass reads. */
  pages: 20,
  /** After it another pass may take over. Longer than any single call. */
  leaseMs: 180_000,
  /** While an operation of Firestore is waited for. */
  againMs: 30_000,
  /** What no repetition should change is tried so often all the same: a right may just have been given. */
  refusedPasses: 3,
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
