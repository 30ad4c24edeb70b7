export {
  collectionsOf,
  countAll,
  type DatabaseAdmin,
  DatabaseRefused,
  differingCounts,
  LIVE_DATABASE,
  ownDatabaseAdmin,
} from '#shared/snapshots';
export { type Account, type AccountSource, ownAccounts } from './accountRecords.ts';
export { advanceBackups } from './advanceBackups.ts';
export { digestName, type KnownBackup, listManifests, listObjects, Manifest, openManifest, readJson, writeJson } from './bucket.ts';
export { listTombstoneCopies, secondTombstoneName, uncopiedForMs } from './copyTombstones.ts';
export { DigestPage, differencesIn } from './digest.ts';
export { keepBackups } from './keepBackups.ts';
export { BACKUP_LIFE_CYCLE } from './lifeCycle.ts';
export { BACKUP_WORK, BACKUPS, Backup, BackupId } from './record.ts';
export { readAccountPage } from './sealedAccounts.ts';
export { startBackup } from './startBackup.ts';
export { BACKUP_BOUNDS } from './step.ts';
