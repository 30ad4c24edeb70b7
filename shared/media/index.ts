export { diagnoseKey, type ExpectedKey, type KeyDiagnosis } from './diagnoseKey.ts';
export { explainKeyFault, explainKeyRepair, type KeyFault, type KeyFaultCode, type KeyRepair } from './keyFaults.ts';
export { coverObjectName, imageObjectName, songObjectName } from './objectNames.ts';
export {
  type ListedObject,
  MediaFault,
  type MediaFaultKind,
  type MediaStore,
  type SignedWrite,
  type StagedObject,
  StoredObject,
} from './port.ts';
export { type ByteRange, parseRange } from './ranges.ts';
export { backupStore, checkStores, mediaStore, mediaStores, ownAccessToken, type StorageKey, storageKey } from './stores.ts';
