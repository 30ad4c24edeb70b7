/** A whole service for the doctor to look at, and the hand that shows one check what it is to see. */
import type { ServerResponse } from 'node:http';
import type { Check, Finding } from '../../../scripts/doctor/check.ts';
import { type Site, siteOf } from '../../../scripts/doctor/site.ts';
import { type Received, serve } from '../../shared/music/smallServer.ts';
import { openStudio, type Studio } from '../../support/studio.ts';

export interface Ward {
  studio: Studio;
  site: Site;
  /** What the check finds, of the site as it is but for what is given. */
  look(check: Check, other?: Partial<Site>): Promise<Finding>;
  close(): Promise<void>;
}

export async function openWard(): Promise<Ward> {
  const studio = await openStudio();
  const { GOOGLE_CLOUD_PROJECT = '', FIRESTORE_EMULATOR_HOST = '', FIREBASE_AUTH_EMULATOR_HOST = '' } = process.env;
  const settings = { GOOGLE_CLOUD_PROJECT, FIRESTORE_EMULATOR_HOST, FIREBASE_AUTH_EMULATOR_HOST };
  const site = await siteOf({ name: 'the ward', settings }, { ...process.env, SORI_DATA_DIR: '/nowhere' });
  const look: Ward['look'] = async (check, other = {}) =>
    check.look({ site: { ...site, ...other }, sinceAt: undefined, progress: () => undefined });
  return { studio, site, look, close: studio.close };
}

/** Somebody else's server at the service's address. */
export async function strangeBase(answer: (received: Received, response: ServerResponse) => void) {
  const { url, close } = await serve(answer);
  return { bases: [{ name: 'strange', url }], close };
}
