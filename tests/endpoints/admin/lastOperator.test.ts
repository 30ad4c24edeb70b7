import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { authAdmin, findAuthRecord } from '#shared/access';
import { changeUser } from '#shared/admin';
import { database, newId } from '#shared/runtime';
import { deleteAccount } from '../../../functions/accounts/deleteAccount.ts';
import { updateUser } from '../../../functions/admin/updateUser.ts';
import type { KnownCaller } from '../../support/callers.ts';
import type { House } from '../../support/openHouse.ts';
import { documentOf, openOffice } from './operators.ts';

let house: House;

beforeAll(async () => {
  ({ house } = await openOffice());
});
afterAll(() => house.close());

/** While there are no other operators than these. */
async function withTheseAlone(count: number, act: (operators: KnownCaller[]) => Promise<void>): Promise<void> {
  const db = await database();
  const { docs: others } = await db.collection('userPrivate').where('role', '==', 'admin').where('disabled', '==', false).get();
  const houses = await Promise.all(Array.from({ length: count }, () => house.newPeople()));
  await Promise.all(others.map(({ ref }) => ref.update({ disabled: true })));
  await act(houses.map((people) => people.admin));
}

const demote = async (by: KnownCaller, whom: KnownCaller) =>
  house.service.call(updateUser, { uid: whom.uid, role: 'user' }, { token: await by.tokenFor('') });
const leave = async (operator: KnownCaller) => house.service.call(deleteAccount, {}, { token: await operator.tokenFor('') });
const disableInConsole = ({ uid }: KnownCaller) => authAdmin((auth) => auth.updateUser(uid, { disabled: true }));
const NEEDED = { status: 409, code: 'operator_needed' };

async function isOperator({ uid }: KnownCaller): Promise<boolean> {
  const stored = await documentOf(`userPrivate/${uid}`);
  return stored?.['role'] === 'admin' && stored['disabled'] === false;
}

async function operatorsAmong(operators: KnownCaller[]): Promise<number> {
  return (await Promise.all(operators.map(isOperator))).filter(Boolean).length;
}

describe('One operator stays', () => {
  it('when two take each other’s role at the same moment', async () => {
    await withTheseAlone(2, async ([first, second]) => {
      const answers = await Promise.all([demote(first!, second!), demote(second!, first!)]);
      expect(answers.map(({ status }) => status).sort()).not.toEqual([200, 200]);
      expect(await operatorsAmong([first!, second!])).toBeGreaterThan(0);
    });
  });

  it('whoever asks for another end', async () => {
    await withTheseAlone(1, async ([last]) => {
      const operation = { actorId: 'somebody else', action: 'updateUser', requestId: null, now: new Date(), newId };
      for (const change of [{ role: 'user' as const }, { disabled: true }]) {
        await expect(changeUser(last!.uid, change, operation)).rejects.toMatchObject({ code: 'operator_needed' });
      }
      expect(await documentOf(`userPrivate/${last!.uid}`)).toMatchObject({ role: 'admin', disabled: false });
    });
  });

  it('when he deletes his account, which then is as it was', async () => {
    await withTheseAlone(1, async ([last]) => {
      expect((await leave(last!)).problem).toMatchObject(NEEDED);
      expect(await isOperator(last!)).toBe(true);
      expect([await documentOf(`users/${last!.uid}`), await findAuthRecord(last!.uid)]).not.toContain(undefined);
    });
  });

  it('when two delete their accounts at the same moment, and the first of them may go', async () => {
    await withTheseAlone(2, async (operators) => {
      const answers = await Promise.all(operators.map(leave));
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
      expect(await operatorsAmong(operators)).toBe(1);
    });
  });

  it('when one deletes his account while the other takes his role away', async () => {
    await withTheseAlone(2, async ([first, second]) => {
      await Promise.all([leave(first!), demote(first!, second!)]);
      expect(await operatorsAmong([first!, second!])).toBe(1);
    });
  });

  it('who is let in by Auth as well: whom the console has disabled or deleted does not count', async () => {
    await withTheseAlone(3, async ([last, disabled, deleted]) => {
      await disableInConsole(disabled!);
      await authAdmin((auth) => auth.deleteUser(deleted!.uid));
      expect((await leave(last!)).problem).toMatchObject(NEEDED);
      const operation = { actorId: 'somebody else', action: 'updateUser', requestId: null, now: new Date(), newId };
      await expect(changeUser(last!.uid, { role: 'user' }, operation)).rejects.toMatchObject({ code: 'operator_needed' });
      expect((await demote(last!, disabled!)).status).toBe(200);
    });
  });
});
