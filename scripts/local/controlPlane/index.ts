export { type Fault, setFaults } from './faults.ts';
export type { Cloud } from './route.ts';
export { isPublic, type Revision, servingRevision } from './run.ts';
export { type ControlPlane, startControlPlane } from './startControlPlane.ts';
