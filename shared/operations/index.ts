export { AuditEntry, type Operation, writeAudit } from './audit.ts';
export { changeSettings, getServiceSettings } from './changeSettings.ts';
export { COPY_BOUNDS, copyOwnerNames } from './copyOwnerNames.ts';
export { deleteFiles } from './deleteFiles.ts';
export { AccountExport, exportAccount } from './exportAccount.ts';
export { pagesOf } from './pagesOf.ts';
export { SWEEP_BOUNDS } from './sweep.ts';
export { type SweepReport, sweepStorage } from './sweepStorage.ts';
export { type LedgerCounts, type LedgerReport, verifyLedger } from './verifyLedger.ts';
