/** Which Sori is looked at: the one that runs at an address, or the one that the settings name. */
import { z } from 'zod';
import { localStorage } from './localStorage.ts';

export interface Place {
  /** What the environment lacks for it. */
  settings: Record<string, string>;
  /** For people. */
  name: string;
}

const Status = z.object({
  client: z.object({ projectId: z.string(), emulators: z.object({ auth: z.url(), firestore: z.string() }).optional() }),
});

const CALL_LIMIT_MS = 5_000;

/**
 * A project that is named, on the command line or by the settings of an emulator or deployment, is taken at its name. Else the
 * service is asked that runs at `SORI_URL`, by default the one of `npm start` on this machine.
 *
 * @param command - what to type to look at a project that is named
 * @throws when nothing is named and nothing runs
 */
export async function findPlace(
  project: string | undefined,
  outside: NodeJS.ProcessEnv,
  command = 'npm run doctor -- ledger',
): Promise<Place> {
  const named = project || outside['GOOGLE_CLOUD_PROJECT'] || outside['GCLOUD_PROJECT'];
  const emulator = outside['FIRESTORE_EMULATOR_HOST'];
  if (named && (project || emulator)) return placeOf(named, emulator, outside['FIREBASE_AUTH_EMULATOR_HOST']);
  const base = (outside['SORI_URL'] || `http://localhost:${outside['PORT'] || 8080}/v1`).replace(/\/+$/, '');
  const running = await ask(base);
  if (running && (!named || running.projectId === named)) {
    const { auth, firestore } = running.emulators ?? {};
    const { settings, name } = placeOf(running.projectId, firestore, auth && new URL(auth).host);
    return { settings: { ...settings, ...(running.emulators ? localStorage(outside) : {}) }, name };
  }
  if (named) return placeOf(named, undefined, undefined);
  throw new Error(
    `No answer from ${base}. Is it running? In another terminal: npm start\n` +
      `Or name a project of Google Cloud: ${command} --project <project>\n` +
      '서비스가 실행 중이 아닙니다. 다른 터미널에서 npm start 를 먼저 실행하세요.',
  );
}

async function ask(base: string) {
  try {
    const answer = await fetch(`${base}/getStatus`, { signal: AbortSignal.timeout(CALL_LIMIT_MS) });
    return Status.parse(await answer.json()).client;
  } catch {
    return undefined;
  }
}

function placeOf(project: string, firestore: string | undefined, auth: string | undefined): Place {
  const settings = {
    GOOGLE_CLOUD_PROJECT: project,
    ...(firestore ? { FIRESTORE_EMULATOR_HOST: firestore } : {}),
    ...(firestore && auth ? { FIREBASE_AUTH_EMULATOR_HOST: auth } : {}),
  };
  return { settings, name: `project ${project}${firestore ? `, Firestore emulator at ${firestore}` : ' on Google Cloud'}` };
}
