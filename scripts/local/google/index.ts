export type { ServiceAccountKey } from './accounts.ts';
export { type LocalGoogle, startGoogle } from './startGoogle.ts';
