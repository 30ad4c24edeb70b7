export type { Bearer } from './accessTokens.ts';
export type { ServiceAccountKey } from './accounts.ts';
export { readOwnAddress } from './ownAddress.ts';
export { type LocalGoogle, startGoogle } from './startGoogle.ts';
export { type LocalSecretManager, startSecretManager } from './startSecretManager.ts';
