import type { StoresInUse } from '#shared/files';
import type { MediaStore } from '#shared/media';
import type { World } from '#shared/runtime';

/** What every part of a sweep works with. */
export interface Sweep {
  world: World;
  bounds: SweepBounds;
  isDryRun: boolean;
  counts: SweepCounts;
  stores: StoresInUse;
  /** Where objects may be removed. */
  ownStores: Set<MediaStore>;
  /** Of the store that is being listed: what no document names. */
  orphans: Orphans;
  /** Documents that were read and written so far; uploads that were removed are in `counts`. */
  spent: { reads: number; writes: number };
}

/** Songs and pictures of one store, in one sweep, however many runs it takes. Of so many that nothing goes, names are not kept. */
export interface Orphans {
  count: number;
  names: string[];
}

export const NO_ORPHANS: Orphans = { count: 0, names: [] };

export const SWEEP_BOUNDS = {
  /** One run; the next goes on where it stopped. */
  passMs: 240_000,
  /**
   * Documents of one run, which ends after the step that reaches one of the two. A step is a page of records at most and what is set right
   * about them, less than 3,000 reads and 2,000 writes: with that, the budget of the function.
   */
  reads: 45_000,
  writes: 3_000,
  /** Objects of a store that are looked at at once, after which a run may stop; and calls of a store side by side. */
  batch: 100,
  atOnce: 8,
  /** Who writes an object has the document follow within minutes, or never. */
  untouchedMs: 24 * 60 * 60 * 1000,
  /**
   * Objects of songs and pictures that a sweep removes from a store because no document names them, once it has seen the whole store. A few
   * are what crashes leave; more are a database that lacks its documents, such as one that is being restored, and then nothing goes.
   */
  mostOrphans: 100,
  /** How far it has come is written down so often; without a sign of life for so long, another run takes over. */
  saveMs: 10_000,
  leaseMs: 120_000,
};
export type SweepBounds = typeof SWEEP_BOUNDS;

export const NOTHING_SWEPT = {
  /** Removed: what was staged and forgotten, uploads that nobody has finished, and objects that no document names. */
  stagedRemoved: 0,
  uploadsRemoved: 0,
  audioRemoved: 0,
  coversRemoved: 0,
  imagesRemoved: 0,
  uploadRecordsRemoved: 0,
  /** Set right: records of before there was a journal, copies that a store has lost, files that a new store is to have. */
  recordsWritten: 0,
  searchesWritten: 0,
  copiesLost: 0,
  filesMadeDue: 0,
  /** For operators: files that no store has any more, objects that are not ours, documents that cannot be read. */
  objectsLost: 0,
  foreignObjects: 0,
  unreadableRecords: 0,
  /** Stores that belong to another database, or may: nothing was removed there. */
  storesRefused: 0,
  /** What a store did not let be looked at or removed. */
  failed: 0,
};
export type SweepCounts = typeof NOTHING_SWEPT;
