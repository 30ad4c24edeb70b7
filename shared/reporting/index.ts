export { type Reporting, startReporting } from './startReporting.ts';
