export {
  collectionsOf,
  countAll,
  differingCounts,
  pagesAt,
  readRange,
  sumOfCounts,
} from './databaseAt.ts';
export { ownDatabaseAdmin } from './ownDatabaseAdmin.ts';
export { type DatabaseAdmin, DatabaseRefused, DONE, LIVE_DATABASE, type OperationState } from './port.ts';
