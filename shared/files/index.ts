export { REPLICATION_BOUNDS, type Replication, type ReplicationCount, replicateFiles } from './replicate.ts';
export { FILES, File, FileId, type FileKind, FileRecord, fileIdOf, fileOfObject } from './schema.ts';
export { showObject } from './showObject.ts';
export { discardFile, forgetFile, reportLost, writeFile } from './store.ts';
export { STORAGE_BYTES, usedBytes } from './usage.ts';
export { type CopyState, verifyCopy } from './verifyCopy.ts';
