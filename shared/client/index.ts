/** The typed client of Sori, for browsers and Node. It uses nothing but what both have; copy the folder, or bundle it. */
export type { BytesCall, CallOptions, PagedCall } from './call.ts';
export { type Client, type ClientOptions, createClient } from './createClient.ts';
export type * from './functions.generated.ts';
export type { RetryRules } from './repeat.ts';
export type { KeptSession } from './sessionKeeper.ts';
export { type ClientCode, type Issue, SoriError } from './soriError.ts';
export type { Stored } from './stored.ts';
export type { GetIdToken } from './tokens.ts';
export type { UploadOptions } from './uploadImage.ts';
