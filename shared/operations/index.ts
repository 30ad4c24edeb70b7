export { changeSettings, getServiceSettings } from './changeSettings.ts';
export { type LedgerCounts, type LedgerReport, verifyLedger } from './verifyLedger.ts';
