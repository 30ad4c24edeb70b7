/** Everybody who may call a function, good and bad: each with a token of its own, made as the real one would come to be. */
import { randomBytes } from 'node:crypto';
import jwt, { type JwtPayload } from 'jsonwebtoken';
import { authAdmin, forgetUserState, lookUpUserState, type Role } from '#shared/access';
import { database, required, serviceUrl, systemClock } from '#shared/runtime';
import { signUp } from '../../functions/accounts/signUp.ts';
import type { LocalGoogle } from '../../scripts/local/google/index.ts';
import { fromSomewhere } from './fromSomewhere.ts';
import type { Service } from './service.ts';

/** Someone with an account, signed in. */
export interface Person {
  uid: string;
  email: string;
  password: string;
  token: string;
  refreshToken: string;
}

/**
 * What the service must take a caller for. `refused`: came with something that is no good, and gets a 401 wherever he goes;
 * `cloudScheduler`: good for the functions that it fires, bad for all others.
 */
export type Standing = 'nobody' | 'refused' | 'user' | 'admin' | 'cloudScheduler';

export interface TestCaller {
  name: string;
  standing: Standing;
  /** Of a person. */
  uid?: string;
  /** Scheduler's tokens are made for one function. */
  tokenFor(functionName: string): Promise<string | undefined>;
}

export type KnownCaller = TestCaller & { uid: string };

/** People whose sessions are good. */
export interface People {
  owner: KnownCaller;
  stranger: KnownCaller;
  admin: KnownCaller;
}

/** Makes an account by `signUp`. */
export async function signUpPerson(service: Service): Promise<Person> {
  const email = `${randomBytes(8).toString('hex')}@sori.example`;
  const password = randomBytes(8).toString('hex');
  const { status, text, body } = await service.call(signUp, { email, password, displayName: 'Mina' }, { headers: fromSomewhere() });
  if (status !== 201) throw new Error(`signUp answered ${status}: ${text}`);
  const { uid, idToken: token, refreshToken } = body.session;
  return { uid, email, password, token, refreshToken };
}

async function makeRole({ uid }: Pick<Person, 'uid'>, role: Role): Promise<void> {
  const db = await database();
  await Promise.all([db.doc(`users/${uid}`).update({ role }), db.doc(`userPrivate/${uid}`).update({ role })]);
  forgetUserState(uid);
}

export async function makePeople(service: Service): Promise<People> {
  const [owner, stranger, admin] = await Promise.all([signUpPerson(service), signUpPerson(service), signUpPerson(service)]);
  await makeRole(admin, 'admin');
  return {
    owner: personAs('owner', 'user', owner),
    stranger: personAs('another user', 'user', stranger),
    admin: personAs('admin', 'admin', admin),
  };
}

/** Who comes without a token that is good for a person. @param google - signs for Cloud Scheduler; it stands in `GOOGLE_CERTS_URL` */
export async function makeOutsiders(service: Service, google: LocalGoogle): Promise<TestCaller[]> {
  return [
    { name: 'no token', standing: 'nobody', tokenFor: () => Promise.resolve(undefined) },
    ...forgers(await signUpPerson(service)),
    ...(await makeLockedOut(service)),
    schedulerAs('another service account', 'refused', google, 'scheduler@elsewhere.iam.gserviceaccount.com'),
    schedulerAs('scheduler', 'cloudScheduler', google, required('SCHEDULER_SERVICE_ACCOUNT')),
  ];
}

/** A token of this person with some claims changed, in the form of the Auth emulator: it signs nothing. */
export function alteredToken({ token }: Pick<Person, 'token'>, claims: JwtPayload): string {
  const payload = { ...(jwt.decode(token) as JwtPayload), ...claims };
  return jwt.sign(payload, '', { algorithm: 'none' });
}

function forgers(person: Person): TestCaller[] {
  const nowS = Math.floor(Date.now() / 1000);
  const payload = jwt.decode(person.token) as JwtPayload;
  const tokens = {
    'garbage token': 'not.a.token',
    'forged signature': jwt.sign(payload, randomBytes(32), { algorithm: 'HS256', keyid: 'unknown' }),
    'token of another project': alteredToken(person, { aud: 'demo-other', iss: 'https://securetoken.google.com/demo-other' }),
    'token of another issuer': alteredToken(person, { iss: 'https://tokens.example' }),
    'expired token': alteredToken(person, { iat: nowS - 7200, auth_time: nowS - 7200, exp: nowS - 3600 }),
    'token of the future': alteredToken(person, { iat: nowS + 3600, auth_time: nowS + 3600, exp: nowS + 7200 }),
    'token of nobody': alteredToken(person, { sub: 'nobody-has-this-uid', user_id: 'nobody-has-this-uid' }),
    'token of no possible uid': alteredToken(person, { sub: '../users/x', user_id: '../users/x' }),
  };
  return Object.entries(tokens).map(([name, token]) => ({ name, standing: 'refused', tokenFor: () => Promise.resolve(token) }));
}

/** People whose tokens were good until something happened to their accounts. */
async function makeLockedOut(service: Service): Promise<TestCaller[]> {
  const db = await database();
  const happenings: Record<string, (person: Person) => Promise<unknown>> = {
    'disabled in the console': ({ uid }) => authAdmin((auth) => auth.updateUser(uid, { disabled: true })),
    'disabled by an operator': ({ uid }) => db.doc(`userPrivate/${uid}`).update({ disabled: true }),
    'deleted account': ({ uid }) => authAdmin((auth) => auth.deleteUser(uid)),
    'revoked session': ({ uid }) => db.doc(`userPrivate/${uid}`).update({ validAfterAt: new Date(Date.now() + 2000) }),
  };
  const making = Object.entries(happenings).map(async ([name, happens]) => {
    const person = await signUpPerson(service);
    await happens(person);
    await lookUpUserState(person.uid, systemClock, { fresh: true }); // which writes down what Auth says: later calls change nothing
    forgetUserState(person.uid);
    return personAs(name, 'refused', person);
  });
  return Promise.all(making);
}

function personAs(name: string, standing: Standing, { uid, token }: Person): KnownCaller {
  return { name, standing, uid, tokenFor: () => Promise.resolve(token) };
}

function schedulerAs(name: string, standing: Standing, google: LocalGoogle, email: string): TestCaller {
  return {
    name,
    standing,
    tokenFor: (functionName) => google.mintOidcToken({ audience: `${serviceUrl()}/${functionName}`, email }),
  };
}
