/** What a drill puts in, and looks at afterwards. */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Firestore, GeoPoint, Timestamp } from '@google-cloud/firestore';
import { z } from 'zod';
import type { DrillCloud } from './drillCloud.ts';

const Session = z.object({ uid: z.string(), idToken: z.string() });

export interface DrillPerson {
  email: string;
  password: string;
  session: z.output<typeof Session>;
}

const PEOPLE = 4;
const THINGS = 700; // more than two pages
const LIMIT_MS = 30_000;

export async function call(url: string, name: string, input: object, token?: string): Promise<{ status: number; body: unknown }> {
  const answer = await fetch(`${url}/${name}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}) },
    body: JSON.stringify(input),
    signal: AbortSignal.timeout(LIMIT_MS),
  });
  return { status: answer.status, body: await answer.json() };
}

/** With passwords of their own, and a playlist each. */
export async function signUpPeople(url: string): Promise<DrillPerson[]> {
  const people: DrillPerson[] = [];
  for (let at = 1; at <= PEOPLE; at += 1) {
    const who = { email: `drill${at}@sori.example`, password: `drill-password-${at}` };
    const { status, body } = await call(url, 'signUp', { ...who, displayName: `훈련 ${at}` });
    if (status !== 201) throw new Error(`signUp answered ${status}`);
    const session = Session.parse((body as { session: unknown }).session);
    await call(url, 'createPlaylist', { title: `목록 ${at}` }, session.idToken);
    people.push({ ...who, session });
  }
  return people;
}

/** Documents with every kind of value. */
export async function addThings(settings: NodeJS.ProcessEnv): Promise<void> {
  const db = open(settings);
  const writer = db.bulkWriter();
  for (let at = 0; at < THINGS; at += 1) {
    const kinds = { text: `값 ${at}`, whole: at, part: at / 7, isTrue: at % 2 === 0, none: null, list: [at, ['x'].join()], map: { at } };
    const more = { at: Timestamp.fromMillis(at * 1_001), place: new GeoPoint(37.5, 127), bytes: Buffer.from([at % 256]) };
    void writer.set(db.doc(`drillThings/${String(at).padStart(5, '0')}`), { ...kinds, ...more });
  }
  await writer.close();
  await db.terminate();
}

export const NOT_BEGUN = 'not begun';

const Newest = z.object({
  state: z.string(),
  comparison: z.object({ state: z.string() }).nullish(),
  failure: z.object({ code: z.string(), detail: z.string() }).nullable(),
});

/** Of one that is verified, `compared` as long as that goes on. */
export async function stateOfNewest(cloud: DrillCloud): Promise<{ state: string; failure: string }> {
  const db = open(cloud.settings);
  const { docs } = await db.collection('backups').limit(1).get();
  await db.terminate();
  const newest = Newest.safeParse(docs[0]?.data()).data;
  const state = newest?.comparison?.state === 'running' ? 'compared' : newest?.state;
  return { state: state ?? NOT_BEGUN, failure: newest?.failure ? `${newest.failure.code}: ${newest.failure.detail}` : '' };
}

export async function documentOf(cloud: DrillCloud, path: string): Promise<object | undefined> {
  const db = open(cloud.settings);
  const data = (await db.doc(path).get()).data();
  await db.terminate();
  return data;
}

/** Each account as text, by uid. Taking one back is itself the last change of its password, and forgets when it last refreshed. */
export async function accountsOf(cloud: DrillCloud, directory: string): Promise<Map<string, string>> {
  const file = join(directory, 'accounts.json');
  await cloud.auth.exportTo(file);
  const { users } = z.object({ users: z.array(z.looseObject({ localId: z.string() })) }).parse(JSON.parse(await readFile(file, 'utf8')));
  return new Map(
    users.map(({ passwordUpdatedAt: _, lastRefreshAt: _last, ...user }) => [user.localId, sortedText({ disabled: false, ...user })]),
  );
}

function sortedText(fields: object): string {
  return JSON.stringify(Object.entries(fields).sort(([one], [other]) => (one < other ? -1 : 1)));
}

function open({ GOOGLE_CLOUD_PROJECT: projectId, FIRESTORE_EMULATOR_HOST: host }: NodeJS.ProcessEnv): Firestore {
  return new Firestore({ projectId: String(projectId), host: String(host), ssl: false, customHeaders: { Authorization: 'Bearer owner' } });
}
