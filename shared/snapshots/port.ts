/** What a backup asks of the database's administration: Firestore's own service on Google Cloud, the emulator locally. */
import type { Firestore } from '@google-cloud/firestore';

/** How an operation stands that goes on after the call that began it. */
export type OperationState =
  | { state: 'running' }
  | { state: 'done'; documents: number; bytes: number }
  | { state: 'failed'; detail: string };

/** Each method throws `DatabaseRefused` for what no repetition will change, and anything else for what may work later. */
export interface DatabaseAdmin {
  /** The latest instant at which this service can export and read: all of a backup is of this one. */
  chooseInstant(): Promise<Date>;
  /**
   * Begins to write everything, as it was at the instant, below `place` in the backup bucket, where nothing may be yet.
   *
   * @param collections - all there were
   * @returns the operation's name, by which any process can ask for its state
   */
  startExport(place: string, snapshotAt: Date, collections: string[]): Promise<string>;
  /** Begins to bring an export into a database. What is there already under the same name is replaced. */
  startImport(place: string, databaseId: string): Promise<string>;
  stateOf(operation: string): Promise<OperationState>;
  /** Success when it is there already. */
  startCreate(databaseId: string): Promise<string>;
  /** Success when it has gone already. */
  startDelete(databaseId: string): Promise<string>;
  /** Names of all databases there are. The emulator does not know. */
  listDatabases(): Promise<string[]>;
  /** A client of it; whoever asked for it ends it. */
  open(databaseId: string): Promise<Firestore>;
}

export class DatabaseRefused extends Error {
  override name = 'DatabaseRefused';
}

/** Of an operation that was over when its call came back. */
export const DONE = 'done';
export const LIVE_DATABASE = '(default)';
