import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { database } from '#shared/runtime';
import { getSettings } from '../../../functions/admin/getSettings.ts';
import { updateSettings } from '../../../functions/admin/updateSettings.ts';
import { getStatus } from '../../../functions/system/getStatus.ts';
import { TestClock } from '../../support/clock.ts';
import { type House, openHouse } from '../../support/openHouse.ts';

const clock = new TestClock();
let house: House;
let admin: { uid: string; token: string | undefined };

beforeAll(async () => {
  house = await openHouse({ world: { clock } });
  const { uid, tokenFor } = (await house.newPeople()).admin;
  admin = { uid, token: await tokenFor('updateSettings') };
});
afterAll(() => house.close());

const DEFAULTS = { phase: 2, closedFeatures: [], songsPerDay: 10, providerCreditsPerDay: 100 };

async function audits() {
  const db = await database();
  return (await db.collection('audit').orderBy('createdAt').limit(100).get()).docs.map((entry) => entry.data());
}

it('an operator closes and opens the service without a deployment: it follows within 10 s, and the audit says who changed what', async () => {
  expect((await house.service.call(getSettings, {}, admin)).body).toEqual({ settings: DEFAULTS });
  const changed = await house.service.call(updateSettings, { phase: 1, songsPerDay: 3 }, admin);
  expect(changed.body).toEqual({ settings: { ...DEFAULTS, phase: 1, songsPerDay: 3 } });
  clock.advance(10_000);
  const status = await house.service.call(getStatus, {});
  expect(status.body).toMatchObject({
    phase: 1,
    features: { generation: { available: false, reason: 'phase' }, library: { available: true } },
  });

  await house.service.call(updateSettings, { phase: 2 }, admin);
  clock.advance(10_000);
  expect((await house.service.call(getStatus, {})).body).toMatchObject({ phase: 2, features: { generation: { available: true } } });
  const common = {
    ...{ auditId: expect.any(String), actorId: admin.uid, action: 'updateSettings', target: 'settings/service' },
    ...{ requestId: expect.stringMatching(/^req_/), createdAt: expect.anything() },
  };
  expect(await audits()).toEqual([
    { ...common, before: { phase: 2, songsPerDay: 10 }, after: { phase: 1, songsPerDay: 3 } },
    { ...common, before: { phase: 1 }, after: { phase: 2 } },
  ]);
});

it('what is no setting or no value of one is refused, and changes nothing', async () => {
  const before = (await house.service.call(getSettings, {}, admin)).body;
  const bad = [{}, { phase: 3 }, { closedFeatures: ['admin'] }, { songsPerDay: -1 }, { providerCreditsPerDay: 1.5 }, { maintenance: true }];
  for (const input of bad) {
    const { status, problem } = await house.service.call(updateSettings, input as never, admin);
    expect({ input, status, code: problem?.code }).toEqual({ input, status: 400, code: 'invalid_input' });
  }
  expect((await house.service.call(getSettings, {}, admin)).body).toEqual(before);
  expect(await audits()).toHaveLength(2);
});

it('what somebody has spoiled by hand is mended by the next change', async () => {
  const db = await database();
  await db.doc('settings/service').set({ phase: 'two', songsPerDay: 7 });
  expect((await house.service.call(getSettings, {}, admin)).body.settings).toEqual({ ...DEFAULTS, songsPerDay: 7 });
  await house.service.call(updateSettings, { closedFeatures: ['lyrics'] }, admin);
  expect((await db.doc('settings/service').get()).data()).toEqual({ ...DEFAULTS, songsPerDay: 7, closedFeatures: ['lyrics'] });
});
