export { advanceErasures, ERASURE_BOUNDS } from './advanceErasures.ts';
export { closeAccount } from './closeAccount.ts';
