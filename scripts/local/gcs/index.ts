export { type LocalGcs, startGcs } from './startGcs.ts';
