/** The daily report, as Cloud Scheduler asks for it and operators read it, beside a provider that keeps an account of its own. */
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { dayBefore } from '#shared/figures';
import { dayOf } from '#shared/limits';
import { database, required } from '#shared/runtime';
import { listReports } from '../../../functions/admin/listReports.ts';
import { reportDailyUsage } from '../../../functions/scheduled/reportDailyUsage.ts';
import { createSong } from '../../../functions/songs/createSong.ts';
import { getGeneration } from '../../../functions/songs/getGeneration.ts';
import { makePeople, type People } from '../../support/callers.ts';
import { openStudio, type Studio } from '../../support/studio.ts';

const PROMPT = 'a prompt that stands nowhere else, with paper boats';

let studio: Studio;
let people: People;
let today: string;

beforeAll(async () => {
  studio = await openStudio();
  studio.clock.advance(2_000); // Auth counts in whole seconds
  people = await makePeople(studio.service);
  today = dayOf(new Date(studio.clock.now()));
}, 60_000);
afterAll(() => studio?.close());

/** As the Scheduler does in the night after a day. */
async function fire(day: string) {
  const url = `${studio.service.url}/reportDailyUsage`;
  const token = await studio.google.mintOidcToken({ audience: url, email: required('SCHEDULER_SERVICE_ACCOUNT') });
  const headers = { 'X-CloudScheduler-ScheduleTime': `${dayBefore(day, -1)}T00:10:00+09:00` };
  return studio.service.call(reportDailyUsage, {}, { token, headers });
}

async function reports() {
  const { body } = await studio.service.call(listReports, { limit: 20 }, { token: (await people.admin.tokenFor(''))! });
  return body.items;
}

async function makeSong(): Promise<void> {
  const token = (await people.owner.tokenFor(''))!;
  const { generation } = (await studio.service.call(createSong, { prompt: PROMPT }, { token })).body;
  const { generationId } = generation;
  await studio.workUntil(
    async () => (await studio.service.call(getGeneration, { generationId }, { token })).body.generation.state === 'ready',
  );
}

it('Tells of a day once, however often it is fired, and holds what the provider took against what was counted', async () => {
  const first = await fire(today);
  expect(first.body.days).toContain(today);
  expect((await fire(today)).body).toEqual(first.body);
  const before = (await reports()).find(({ day }) => day === today)!;
  expect(before.providerCredits).toMatchObject({ counted: 0, verdict: 'notKnown', reading: { counted: 0, credits: expect.any(Number) } });

  await makeSong();
  const tomorrow = dayBefore(today, -1);
  expect((await fire(tomorrow)).body.days).toEqual([today, tomorrow]); // what came after its report is in it now
  const [late, next] = [today, tomorrow].map((day) => async () => (await reports()).find((report) => report.day === day)!);
  expect(await late!()).toMatchObject({ generations: { asked: 1, ready: 1, failed: 0 }, signUps: expect.any(Number) });
  expect(await next!()).toMatchObject({
    providerCredits: { verdict: 'agrees', between: { counted: 3, uncertain: 0, taken: 3 } },
    creditsDifference: 0,
  });
  expect((await next!()).books).toMatchObject({ discrepancyCount: 0, kinds: {} });
}, 90_000);

it('Holds nothing of a person: no name, no address, no uid, no text', async () => {
  const db = await database();
  const users = (await db.collection('users').get()).docs.map((user) => user.data());
  const told = JSON.stringify(await reports());
  expect(users).toHaveLength(3);
  for (const { uid, email } of users) {
    if (uid) expect(told).not.toContain(uid);
    expect(told).not.toContain(email);
  }
  expect(told).not.toContain(PROMPT);
});

it('What the provider takes besides is a difference, and says so in both languages', async () => {
  const db = await database();
  // As if less had been counted than was charged.
  await db.doc(`quotas/service_${today}`).update({ providerCredits: 1 });
  const ref = db.doc(`reports/${dayBefore(today, -1)}`);
  const { providerCredits } = (await ref.get()).data() as { providerCredits: object };
  await ref.update({ providerCredits: { ...providerCredits, reading: null } });
  await fire(dayBefore(today, -2));
  const [latest] = (await reports()).filter(({ day }) => day === dayBefore(today, -2));
  expect(latest).toMatchObject({ creditsDifference: 2, providerCredits: { verdict: 'differs' } });
  expect(latest!.text.en).toContain('DIFFERS from our count (+2)');
  expect(latest!.text.ko).toContain('집계와 다름 (+2)');
});
