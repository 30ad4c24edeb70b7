import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { authAdmin, findAuthRecord } from '#shared/access';
import { database } from '#shared/runtime';
import { getProfile } from '../../../functions/accounts/getProfile.ts';
import { signIn } from '../../../functions/accounts/signIn.ts';
import { getUser } from '../../../functions/admin/getUser.ts';
import { listAllSongs } from '../../../functions/admin/listAllSongs.ts';
import { updateUser } from '../../../functions/admin/updateUser.ts';
import { type KnownCaller, type Person, signUpPerson } from '../../support/callers.ts';
import { fromSomewhere } from '../../support/fromSomewhere.ts';
import type { House } from '../../support/openHouse.ts';
import { audits, documentOf, openOffice } from './operators.ts';

let house: House;
let admin: KnownCaller;
let token: string;
let mina: Person;

beforeAll(async () => {
  ({ house, admin, token } = await openOffice());
});
beforeEach(async () => {
  mina = await signUpPerson(house.service);
});
afterAll(() => house.close());

const update = (input: object) => house.service.call(updateUser, { uid: mina.uid, ...input }, { token });
const profileOf = (bearer: string) => house.service.call(getProfile, {}, { token: bearer });
const signInAgain = () => house.service.call(signIn, { email: mina.email, password: mina.password }, { headers: fromSomewhere() });

async function lastAudit() {
  return (await audits()).at(-1);
}

describe('updateUser', () => {
  it('locks a person out, in our documents and in Auth, and ends the sessions', async () => {
    const answer = await update({ disabled: true });
    expect(answer.body.user).toEqual({
      uid: mina.uid,
      email: mina.email,
      displayName: 'Mina',
      locale: 'ko',
      role: 'user',
      createdAt: expect.any(String),
      disabled: true,
      songsPerDay: null,
      lastSignInAt: expect.any(String),
    });
    expect((await profileOf(mina.token)).problem).toMatchObject({ status: 401, code: 'session_ended' });
    expect((await signInAgain()).problem).toMatchObject({ status: 401, code: 'wrong_credentials' });
    expect(await findAuthRecord(mina.uid)).toMatchObject({ disabled: true });
    expect(await documentOf(`userPrivate/${mina.uid}`)).toMatchObject({ disabled: true, disabledBy: 'operator' });
    expect(await lastAudit()).toEqual({
      auditId: expect.any(String),
      actorId: admin.uid,
      action: 'updateUser',
      target: mina.uid,
      requestId: answer.headers.get('x-request-id'),
      before: { disabled: false },
      after: { disabled: true },
      createdAt: expect.anything(),
    });
  });

  it('lets the person in again, who then signs in anew', async () => {
    await update({ disabled: true });
    expect((await update({ disabled: false })).body.user).toMatchObject({ disabled: false });
    expect((await profileOf(mina.token)).status).toBe(401); // a session of before
    await new Promise((resolve) => setTimeout(resolve, 1100)); // sessions are told apart by whole seconds
    const session = (await signInAgain()).body.session;
    expect((await profileOf(session.idToken)).body.profile).toMatchObject({ uid: mina.uid });
    expect(await findAuthRecord(mina.uid)).toMatchObject({ disabled: false });
  });

  it('lets in whom somebody has disabled in the Firebase console', async () => {
    await authAdmin((auth) => auth.updateUser(mina.uid, { disabled: true }));
    const seen = await house.service.call(getUser, { uid: mina.uid }, { token });
    expect(seen.body.user.disabled).toBe(true);
    expect((await update({ disabled: false })).body.user.disabled).toBe(false);
    expect((await profileOf(mina.token)).status).toBe(200); // only our own disabling ends sessions
  });

  it('makes an operator, and takes that away again at once', async () => {
    const songs = () => house.service.call(listAllSongs, {}, { token: mina.token });
    expect((await songs()).problem).toMatchObject({ status: 403, code: 'role_required' });
    expect((await update({ role: 'admin' })).body.user.role).toBe('admin');
    expect((await songs()).status).toBe(200);
    expect((await profileOf(mina.token)).body.profile.role).toBe('admin');
    await update({ role: 'user' });
    expect((await songs()).problem).toMatchObject({ status: 403 });
    expect(await lastAudit()).toMatchObject({ before: { role: 'admin' }, after: { role: 'user' } });
  });

  it('gives a person an allowance of his own, and takes it back', async () => {
    expect((await update({ songsPerDay: 33 })).body.user.songsPerDay).toBe(33);
    expect((await profileOf(mina.token)).body.profile.allowance).toMatchObject({ songsPerDay: 33, songsLeftToday: 33 });
    expect((await update({ songsPerDay: null })).body.user.songsPerDay).toBeNull();
    expect((await profileOf(mina.token)).body.profile.allowance.songsPerDay).toBe(10);
    expect(await lastAudit()).toMatchObject({ before: { songsPerDay: 33 }, after: { songsPerDay: null } });
  });

  it('changes all that is given, in one entry of the audit', async () => {
    const { body } = await update({ role: 'admin', songsPerDay: 5, disabled: true });
    expect(body.user).toMatchObject({ role: 'admin', songsPerDay: 5, disabled: true });
    expect(await lastAudit()).toMatchObject({
      before: { role: 'user', songsPerDay: null, disabled: false },
      after: { role: 'admin', songsPerDay: 5, disabled: true },
    });
  });

  it('keeps operators from locking themselves out', async () => {
    const own = { uid: admin.uid };
    for (const change of [{ disabled: true }, { role: 'user' as const }]) {
      const answer = await house.service.call(updateUser, { ...own, ...change }, { token });
      expect(answer.problem).toMatchObject({ status: 409, code: 'operator_needed' });
    }
    expect((await house.service.call(updateUser, { ...own, songsPerDay: 12 }, { token })).status).toBe(200);
  });

  it('mends what somebody has spoiled by hand', async () => {
    const db = await database();
    await db.doc(`userPrivate/${mina.uid}`).update({ role: 'emperor' });
    const seen = await house.service.call(getUser, { uid: mina.uid }, { token });
    expect(seen.body.user).toMatchObject({ disabled: true, role: 'user' });
    await update({ disabled: false, role: 'user' });
    expect((await profileOf(mina.token)).status).toBe(200);
  });
});
