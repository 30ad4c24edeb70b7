export { probeStorage } from './probeStorage.ts';
export { requireOpen } from './requireOpen.ts';
