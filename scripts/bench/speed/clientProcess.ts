/** How long Firestore's client takes from its import to the first document, by gRPC or by REST: in a process that has nothing else. */
import { createRequire } from 'node:module';
import { answerParent } from './inChild.ts';

interface Loaded {
  loadMs: number;
  firstReadMs: number;
  /** Of processors, for both together: it hardly depends on what else runs. */
  cpuMs: number;
  rssMib: number;
}

const MIB = 1024 ** 2;

answerParent(async ({ preferRest }: { preferRest: boolean }): Promise<Loaded> => {
  const require = createRequire(import.meta.url); // as the bundles do: CommonJS
  const cpuBefore = process.cpuUsage();
  const startedAtMs = performance.now();
  const { Firestore } = require('@google-cloud/firestore') as typeof import('@google-cloud/firestore');
  const loadedAtMs = performance.now();
  const projectId = process.env['GOOGLE_CLOUD_PROJECT'] ?? '';
  const db = new Firestore({ projectId, ...(preferRest ? restOptions(require) : {}) });
  await db.doc('songs/nothing').get();
  const readAtMs = performance.now();
  const { user, system } = process.cpuUsage(cpuBefore);
  return {
    loadMs: loadedAtMs - startedAtMs,
    firstReadMs: readAtMs - loadedAtMs,
    cpuMs: (user + system) / 1000,
    rssMib: process.memoryUsage().rss / MIB,
  };
});

/** Over REST the client asks for credentials although there is only an emulator, and ends the process when there are none. */
function restOptions(require: NodeJS.Require): object {
  const { GoogleAuth, PassThroughClient } = require('google-auth-library') as typeof import('google-auth-library');
  return { preferRest: true, auth: new GoogleAuth({ authClient: new PassThroughClient() }) };
}
