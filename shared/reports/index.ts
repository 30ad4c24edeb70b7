export { listReports } from './listReports.ts';
export { BYTES_PER_PLAY, PRICES, type Price, type PriceName } from './prices.ts';
export { readBalance } from './providerCredits.ts';
export { reportDays } from './reportDays.ts';
export { type Books, Report } from './schema.ts';
