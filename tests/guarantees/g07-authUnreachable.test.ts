import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { findAuthRecord } from '#shared/access';
import { getProfile } from '../../functions/accounts/getProfile.ts';
import { updateUser } from '../../functions/admin/updateUser.ts';
import { type AuthProxy, openAuthProxy } from '../faults/authProxy.ts';
import { signUpPerson } from '../support/callers.ts';
import { TestClock } from '../support/clock.ts';
import { emulators } from '../support/emulators.ts';
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
