export { advanceErasures, ERASURE_BOUNDS } from './advanceErasures.ts';
export { closeAccount, closeAgain } from './closeAccount.ts';
export { erasureRef } from './record.ts';
