import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { database, newId } from '#shared/runtime';
import { listAudit } from '../../../functions/admin/listAudit.ts';
import { moderateSong } from '../../../functions/admin/moderateSong.ts';
import { updateSettings } from '../../../functions/admin/updateSettings.ts';
import { dumpProject } from '../../matrix/projectDump.ts';
import { type KnownCaller, signUpPerson } from '../../support/callers.ts';
import { given } from '../../support/given.ts';
import type { House } from '../../support/openHouse.ts';
import { openOffice } from './operators.ts';

let house: House;
let admin: KnownCaller;
let token: string;
let isAuditBroken = false;

/** Stands in the audit already: nothing can be created under it. */
const TAKEN = 'aud_00000000000000000000';

beforeAll(async () => {
  const world = { newId: (prefix: Parameters<typeof newId>[0]) => (isAuditBroken && prefix === 'aud' ? TAKEN : newId(prefix)) };
  ({ house, admin, token } = await openOffice({ world }));
});
afterAll(() => house.close());

/** A change by each function with which operators change something. */
const changes: Record<string, () => Promise<Record<string, unknown>>> = {
  updateSettings: () => Promise.resolve({ phase: 1, songsPerDay: 2 }),
  updateUser: async () => ({ uid: (await signUpPerson(house.service)).uid, disabled: true, role: 'admin', songsPerDay: 3 }),
  moderateSong: async () => ({ songId: (await given.song({ owner: admin.uid })).songId, hidden: true, reason: 'Not its maker’s words.' }),
  startBackup: () => Promise.resolve({}),
  acknowledgeIncident: async () => ({ incidentId: (await given.incident()).incidentId }),
};

describe('what operators change', () => {
  it('is tried here for every function that changes something', () => {
    const functions = house.service.endpoints.filter(
      ({ access, method, rate }) => access === 'admin' && method === 'POST' && rate !== 'read',
    );
    expect(Object.keys(changes).sort()).toEqual(functions.map(({ name }) => name).sort());
  });

  it.each(Object.keys(changes))('does not happen when %s cannot be written to the audit', async (name) => {
    const db = await database();
    await db.doc(`audit/${TAKEN}`).set({ auditId: TAKEN });
    const input = await changes[name]!();
    const before = await dumpProject();
    isAuditBroken = true;
    const answer = await house.service.call(house.endpoint(name) as never, input as never, { token });
    isAuditBroken = false;
    expect(answer.status).toBe(500);
    expect(await dumpProject()).toEqual(before);
    const { status } = house.endpoint(name);
    expect((await house.service.call(house.endpoint(name) as never, input as never, { token })).status).toBe(status);
    expect(await dumpProject()).not.toEqual(before);
    await db.doc(`audit/${TAKEN}`).delete();
  });
});

describe('listAudit', () => {
  it('tells who did what, the latest first, by pages, narrowed to an operator or a function', async () => {
    const other = (await house.newPeople()).admin;
    const { songId } = await given.song({ owner: admin.uid });
    const bearer = await other.tokenFor('');
    const hidden = await house.service.call(moderateSong, { songId, hidden: true, reason: 'Stolen.' }, { token: bearer });
    await house.service.call(updateSettings, { phase: 2 }, { token: bearer });
    const list = async (input: object) => (await house.service.call(listAudit, input, { token })).body;

    const own = await list({ actorId: other.uid });
    expect(own.items.map(({ action }) => action)).toEqual(['updateSettings', 'moderateSong']);
    expect(own.items[1]).toEqual({
      auditId: expect.stringMatching(/^aud_/),
      actorId: other.uid,
      action: 'moderateSong',
      target: songId,
      requestId: hidden.headers.get('x-request-id'),
      before: { state: 'ready' },
      after: { state: 'hidden', reason: 'Stolen.' },
      createdAt: expect.any(String),
    });
    const both = { actorId: other.uid, action: 'moderateSong' };
    expect((await list(both)).items).toEqual([own.items[1]]);
    const first = await list({ limit: 1 });
    const second = await list({ limit: 1, cursor: first.nextCursor });
    expect([...first.items, ...second.items]).toEqual(own.items);
  });
});
