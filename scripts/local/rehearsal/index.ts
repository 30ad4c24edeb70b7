export { type Attached, findRehearsal, SANDBOX_KEY } from './attachment.ts';
export { startRehearsal } from './startRehearsal.ts';
