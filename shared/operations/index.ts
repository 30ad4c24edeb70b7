export { bookPages } from './bookPages.ts';
export { changeSettings, getServiceSettings } from './changeSettings.ts';
export { deleteFiles } from './deleteFiles.ts';
export { SWEEP_BOUNDS } from './sweep.ts';
export { type SweepReport, sweepStorage } from './sweepStorage.ts';
export { type LedgerCounts, type LedgerReport, verifyLedger } from './verifyLedger.ts';
