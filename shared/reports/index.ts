export { listReports } from './listReports.ts';
export { readBalance } from './providerCredits.ts';
export { reportDays } from './reportDays.ts';
export { type Books, Report } from './schema.ts';
