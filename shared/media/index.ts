export { diagnoseKey, type ExpectedKey, type KeyDiagnosis } from './key/diagnoseKey.ts';
export { explainKeyFault, explainKeyRepair, type KeyFault, type KeyFaultCode, type KeyRepair } from './key/keyFaults.ts';
export { coverObjectName, songObjectName } from './objectNames.ts';
export {
  type ListedObject,
  MediaFault,
  type MediaFaultKind,
  type MediaStore,
  type StagedObject,
  StoredObject,
} from './port.ts';
export { type ByteRange, parseRange } from './ranges.ts';
export { checkStores, mediaStore, mediaStores, type StorageKey, storageKey } from './stores.ts';
export { issueTicket, type TicketClaims, verifyTicket } from './ticket.ts';
