/** Whoever is disabled, deleted or signed out, by whatever means operators have, on the real service with a clock of the test's own. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { initializeTestEnvironment, type RulesTestEnvironment } from '@firebase/rules-unit-testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { setLogLevel } from 'firebase/firestore';
import jwt from 'jsonwebtoken';
import { authAdmin } from '#shared/access';
import type { Endpoint } from '#shared/endpoint';
import { database } from '#shared/runtime';
import { signOut } from '../../functions/accounts/signOut.ts';
import { updateUser } from '../../functions/admin/updateUser.ts';
import { type KnownCaller, type Person, signUpPerson } from '../support/callers.ts';
import { TestClock } from '../support/clock.ts';
import { emulators } from '../support/emulators.ts';
import { fromSomewhere } from '../support/fromSomewhere.ts';
import { type House, openHouse } from '../support/openHouse.ts';

const clock = new TestClock();
let house: House;
let operator: KnownCaller;
let environment: RulesTestEnvironment;
let forPeople: Endpoint[];

beforeAll(async () => {
  setLogLevel('silent');
  house = await openHouse({ world: { clock } });
  operator = (await house.newPeople()).admin;
  forPeople = house.service.endpoints.filter(({ name, access }) => access !== 'scheduler' && name !== 'answerUnknown');
  const [host = '', port] = emulators().firestoreHost.split(':');
  const rules = readFileSync(join(import.meta.dirname, '../../firestore.rules'), 'utf8');
  environment = await initializeTestEnvironment({
    projectId: house.service.projectId,
    firestore: { rules, host, port: Number(port) },
  });
});

afterAll(async () => {
  await environment.cleanup();
  await house.close();
});

interface Somebody extends Person {
  /** When the session began, in seconds since the epoch. */
  authTimeS: number;
}

async function somebody(role: 'user' | 'admin' = 'user'): Promise<Somebody> {
  const person = await signUpPerson(house.service);
  const db = await database();
  await Promise.all(['users', 'userPrivate'].map((name) => db.doc(`${name}/${person.uid}`).update({ role })));
  return { ...person, authTimeS: (jwt.decode(person.token) as { auth_time: number }).auth_time };
}

const OPEN_TO_ALL = 'getStatus';
const FOR_THE_SIGNED_IN = 'getProfile';

async function call({ token }: Person, name: string) {
  const endpoint = house.endpoint(name);
  const input = endpoint.examples[0]?.input ?? {};
  const { status, problem } = await house.service.call(endpoint as never, input as never, { token, headers: fromSomewhere() });
  return problem?.code ?? status;
}

/** All functions that let this person in, or told him anything else than that his session has ended. */
async function openFunctions(person: Person, endpoints: Endpoint[]): Promise<object[]> {
  const answers = await Promise.all(endpoints.map(async ({ name }) => ({ name, answer: await call(person, name) })));
  return answers.filter(({ answer }) => answer !== 'session_ended');
}

/** Whether a listener that begins now hears anything. */
async function hears({ uid, authTimeS }: Somebody): Promise<boolean> {
  const db = environment.authenticatedContext(uid, { auth_time: authTimeS }).firestore();
  try {
    return (await db.doc(`users/${uid}`).get({ source: 'server' })).exists;
  } catch (error) {
    if ((error as { code?: string }).code === 'permission-denied') return false;
    throw error;
  }
}

/** What the Firebase console calls. The emulator takes the word `owner` for an operator's credentials. */
async function inConsole(method: 'update' | 'delete', body: object): Promise<void> {
  const { projectId } = house.service;
  const url = `http://${emulators().authHost}/identitytoolkit.googleapis.com/v1/projects/${projectId}/accounts:${method}`;
  const headers = { authorization: 'Bearer owner', 'content-type': 'application/json' };
  const { status } = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
  if (status !== 200) throw new Error(`the console was answered ${status}`);
}

/** Auth tells sessions apart by whole seconds: one that began in this second would not end. */
async function nextSecond({ authTimeS }: Somebody): Promise<number> {
  while (Date.now() < (authTimeS + 1) * 1000) await new Promise((resolve) => setTimeout(resolve, 20));
  return Math.floor(Date.now() / 1000);
}

interface Way {
  how: string;
  happens(person: Somebody): Promise<unknown>;
  /** The rules see it at once, not only from the person's next call on. */
  isOurs?: boolean;
}

const WAYS: Way[] = [
  {
    how: 'disabled by updateUser',
    happens: async ({ uid }) => house.service.call(updateUser, { uid, disabled: true }, { token: await operator.tokenFor('updateUser') }),
    isOurs: true,
  },
  { how: 'disabled by hand in Firestore', happens: ({ uid }) => byHand(uid, { disabled: true }), isOurs: true },
  { how: 'signed out', happens: (person) => house.service.call(signOut, {}, { token: person.token }), isOurs: true },
  { how: 'disabled by the Admin SDK', happens: ({ uid }) => authAdmin((auth) => auth.updateUser(uid, { disabled: true })) },
  {
    how: 'revoked by the Admin SDK',
    happens: (person) => nextSecond(person).then(() => authAdmin((auth) => auth.revokeRefreshTokens(person.uid))),
  },
  { how: 'deleted by the Admin SDK', happens: ({ uid }) => authAdmin((auth) => auth.deleteUser(uid)) },
  { how: 'disabled in the Firebase console', happens: ({ uid }) => inConsole('update', { localId: uid, disableUser: true }) },
  {
    how: 'revoked by Auth’s own API',
    happens: async (person) => inConsole('update', { localId: person.uid, validSince: String(await nextSecond(person)) }),
  },
  { how: 'deleted in the Firebase console', happens: ({ uid }) => inConsole('delete', { localId: uid }) },
];

async function byHand(uid: string, fields: object): Promise<void> {
  await (await database()).doc(`userPrivate/${uid}`).update({ ...fields });
}

describe.each(WAYS)('G7: somebody who was $how', ({ happens, isOurs = false }) => {
  // Holds because a person's state is looked up at most every 30 s, every time for operators' functions, and Auth's word is written down.
  it('is locked out of every function within 60 s', async () => {
    const person = await somebody();
    expect([await call(person, FOR_THE_SIGNED_IN), await call(person, OPEN_TO_ALL)]).toEqual([200, 200]);
    await happens(person);
    clock.advance(60_000);
    expect(await openFunctions(person, forPeople)).toEqual([]);
  });

  it('is locked out of operators’ functions at once', async () => {
    const person = await somebody('admin');
    expect(await call(person, 'getSettings')).toBe(200);
    await happens(person);
    expect(
      await openFunctions(
        person,
        forPeople.filter(({ access }) => access === 'admin'),
      ),
    ).toEqual([]);
  });

  it('hears nothing by a new listener: at once when our own documents say so, else from the next call on', async () => {
    const person = await somebody();
    await call(person, FOR_THE_SIGNED_IN);
    expect(await hears(person)).toBe(true);
    await happens(person);
    clock.advance(30_000);
    if (!isOurs) expect(await call(person, FOR_THE_SIGNED_IN)).toBe('session_ended');
    expect(await hears(person)).toBe(false);
  });
});

describe('Somebody who is let in again', () => {
  it('in the Firebase console, after he was disabled there, uses functions and listens as before', async () => {
    const person = await somebody();
    await inConsole('update', { localId: person.uid, disableUser: true });
    expect(await call(person, FOR_THE_SIGNED_IN)).toBe('session_ended');
    await inConsole('update', { localId: person.uid, disableUser: false });
    clock.advance(30_000);
    expect(await call(person, FOR_THE_SIGNED_IN)).toBe(200);
    expect(await hears(person)).toBe(true);
  });

  it('by hand in Firestore, after he was disabled there, uses functions and listens as before', async () => {
    const person = await somebody();
    await byHand(person.uid, { disabled: true });
    expect(await call(person, FOR_THE_SIGNED_IN)).toBe('session_ended');
    await byHand(person.uid, { disabled: false });
    clock.advance(30_000);
    expect(await call(person, FOR_THE_SIGNED_IN)).toBe(200);
    expect(await hears(person)).toBe(true);
  });

  it('in the console alone, after updateUser has disabled him, stays out: our word is told to Auth again', async () => {
    const person = await somebody();
    await house.service.call(updateUser, { uid: person.uid, disabled: true }, { token: await operator.tokenFor('updateUser') });
    await inConsole('update', { localId: person.uid, disableUser: false });
    expect(await call(person, FOR_THE_SIGNED_IN)).toBe('session_ended');
    expect(await authAdmin((auth) => auth.getUser(person.uid))).toMatchObject({ disabled: true });
    expect(await hears(person)).toBe(false);
  });
});
