import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { authAdmin, findAuthRecord } from '#shared/access';
import { database } from '#shared/runtime';
import { getProfile } from '../../functions/accounts/getProfile.ts';
import { signIn } from '../../functions/accounts/signIn.ts';
import { updateUser } from '../../functions/admin/updateUser.ts';
import { getPlayback } from '../../functions/songs/getPlayback.ts';
import { getStatus } from '../../functions/system/getStatus.ts';
import { type AuthProxy, openAuthProxy } from '../faults/authProxy.ts';
import { type Person, signUpPerson } from '../support/callers.ts';
import { TestClock } from '../support/clock.ts';
import { emulators } from '../support/emulators.ts';
import { given } from '../support/given.ts';
import { type House, openHouse } from '../support/openHouse.ts';

const clock = new TestClock();
let proxy: AuthProxy;
let house: House;
let token: string;

beforeAll(async () => {
  proxy = await openAuthProxy(emulators().authHost);
  house = await openHouse({ world: { clock }, settings: { FIREBASE_AUTH_EMULATOR_HOST: proxy.host } });
  token = (await (await house.newPeople()).admin.tokenFor(''))!;
});

afterAll(async () => {
  await house.close();
  await proxy.close();
});

describe('G7: when Auth says nothing', () => {
  it('no ticket plays on trust while the database answers, and who has to wait is told that it is the sign-in', async () => {
    const person = await signUpPerson(house.service);
    clock.advance(60_000); // Auth's own clock goes on while this one stands
    const { songId } = await given.song({ owner: person.uid });
    const { body } = await house.service.call(getPlayback, { songId }, { token: person.token });
    const play = () => house.service.send(`streamSong?${new URL(body.url).searchParams}`);
    expect((await play()).status).toBe(200);
    clock.advance(30_000);
    const held = proxy.hold('accounts:lookup', 'call');
    const answers = await Promise.all([play(), house.service.call(getStatus, {}, { token: person.token })]);
    expect(answers.map(({ problem }) => problem)).toMatchObject([
      { status: 503, code: 'feature_unavailable', feature: 'streaming', reason: 'signIn' },
      { status: 503, code: 'feature_unavailable', feature: 'getStatus', reason: 'signIn' },
    ]);
    held.release();
    expect((await play()).status).toBe(200);
  });
});

describe('G7: when Auth fails', () => {
  it('who signs in is told that it is the sign-in, and can do so later', async () => {
    const { email, password } = await signUpPerson(house.service);
    proxy.refuse('accounts:signInWithPassword');
    const { problem } = await house.service.call(signIn, { email, password });
    expect(problem).toMatchObject({ status: 503, code: 'feature_unavailable', feature: 'signIn', reason: 'signIn' });
    proxy.refuse(undefined);
    expect((await house.service.call(signIn, { email, password })).status).toBe(200);
  });
});

describe('G7: when Auth takes no changes', () => {
  it('whom an operator disables is locked out all the same, and Auth is told by the next look at him', async () => {
    const person = await signUpPerson(house.service);
    proxy.refuse('accounts:update');
    const disabled = await house.service.call(updateUser, { uid: person.uid, disabled: true }, { token });
    expect(disabled.body.user).toMatchObject({ uid: person.uid, disabled: true });
    const profile = () => house.service.call(getProfile, {}, { token: person.token });
    expect((await profile()).problem?.code).toBe('session_ended');
    proxy.refuse(undefined);
    expect((await findAuthRecord(person.uid))?.disabled).toBe(false);
    clock.advance(30_000);
    expect((await profile()).problem?.code).toBe('session_ended');
    expect((await findAuthRecord(person.uid))?.disabled).toBe(true);
  });

  it('an enabling is told to have failed, leaves the person locked out, and works when it is repeated', async () => {
    const person = await signUpPerson(house.service);
    const update = (disabled: boolean) => house.service.call(updateUser, { uid: person.uid, disabled }, { token });
    await update(true);
    proxy.refuse('accounts:update');
    expect((await update(false)).status).toBe(503);
    expect((await house.service.call(getProfile, {}, { token: person.token })).status).toBe(401);
    proxy.refuse(undefined);
    expect((await update(false)).body.user.disabled).toBe(false);
    expect((await findAuthRecord(person.uid))?.disabled).toBe(false);
  });
});

describe('G7: whom an operator enables stays enabled', () => {
  const profileOf = (person: Person) => house.service.call(getProfile, {}, { token: person.token });
  const update = async (person: Person, disabled: boolean) =>
    (await house.service.call(updateUser, { uid: person.uid, disabled }, { token })).status;

  async function standing({ uid }: Person) {
    const stored = (await (await database()).doc(`userPrivate/${uid}`).get()).data();
    return { here: stored?.['disabled'], inAuth: (await findAuthRecord(uid))?.disabled };
  }

  it('while a look at him is telling Auth of the disabling', async () => {
    const person = await signUpPerson(house.service);
    await update(person, true);
    await authAdmin((auth) => auth.updateUser(person.uid, { disabled: false })); // undone in the console: the next look tells Auth again
    clock.advance(30_000);
    const telling = proxy.hold('accounts:update', 'call');
    const look = profileOf(person);
    await telling.arrived;
    const enabling = update(person, false);
    await new Promise((resolve) => setTimeout(resolve, 300));
    telling.release();
    expect([(await look).status, await enabling]).toEqual([401, 200]);
    expect(await standing(person)).toEqual({ here: false, inAuth: false });
  });

  it('while another operator’s disabling is on its way to Auth', async () => {
    const person = await signUpPerson(house.service);
    const telling = proxy.hold('accounts:update', 'call');
    const disabling = update(person, true);
    await telling.arrived;
    const enabling = update(person, false);
    await new Promise((resolve) => setTimeout(resolve, 300));
    telling.release();
    expect(await Promise.all([disabling, enabling])).toEqual([200, 200]);
    expect(await standing(person)).toEqual({ here: false, inAuth: false });
  });

  it('while a look at him goes by what Auth said before', async () => {
    const person = await signUpPerson(house.service);
    await authAdmin((auth) => auth.updateUser(person.uid, { disabled: true }));
    clock.advance(30_000);
    const asking = proxy.hold('accounts:lookup', 'answer');
    const look = profileOf(person);
    await asking.arrived;
    expect(await update(person, false)).toBe(200);
    asking.release();
    await look;
    expect(await standing(person)).toEqual({ here: false, inAuth: false });
    expect((await profileOf(person)).status).toBe(200);
  });
});
