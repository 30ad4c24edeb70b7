export { files, listFiles } from './listFiles.ts';
export { discardRecord, hasChanged, type LookedUp, makeDue, readFileRecords, toFileRecord } from './records.ts';
export { REPLICATION_BOUNDS, type ReplicationCount, replicateFiles } from './replicate.ts';
export { FILES, File, type FileKind, type FileObject, FileRecord, fileIdOf, fileOfObject } from './schema.ts';
export { showObject } from './showObject.ts';
export { discardFile, forgetFile, isIncomplete, reportLost, writeFile } from './store.ts';
export { STORAGE_BYTES, usedBytes } from './usage.ts';
export { verifyCopy } from './verifyCopy.ts';
