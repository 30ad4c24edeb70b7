import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { database } from '#shared/runtime';
import { getProfile } from '../../functions/accounts/getProfile.ts';
import { updateSong } from '../../functions/songs/updateSong.ts';
import { checkHealth } from '../../functions/system/checkHealth.ts';
import { alteredToken, type Person, signUpPerson } from '../support/callers.ts';
import { type Answer, type Service, startService } from '../support/service.ts';

let service: Service;

beforeAll(async () => {
  service = await startService();
});

afterAll(() => service.close());

function times<T>(count: number, work: () => Promise<T>): Promise<T[]> {
  return Promise.all(Array.from({ length: count }, work));
}

function readProfile({ token }: Pick<Person, 'token'>): Promise<Answer> {
  return service.call(getProfile, {}, { token });
}

async function rateDocument(uid: string) {
  return (await (await database()).doc(`rateLimits/${uid}`).get()).data();
}

function headersOf({ headers }: Answer) {
  return { policy: headers.get('ratelimit-policy'), limit: headers.get('ratelimit'), retryAfter: headers.get('retry-after') };
}

describe('G5: at most 100 requests of a caller are accepted in a minute', () => {
  it('the hundred and first is refused, whatever the function, and says when to come again', async () => {
    const person = await signUpPerson(service);
    const answers = await times(100, () => readProfile(person));
    expect(answers.map(({ status }) => status)).toEqual(Array(100).fill(200));
    for (const refused of [await readProfile(person), await service.call(updateSong, { songId: 'x' }, { token: person.token })]) {
      expect(refused.problem).toMatchObject({ status: 429, code: 'rate_limited' });
      const retryAfterS = Number(refused.headers.get('retry-after'));
      expect(retryAfterS).toBeGreaterThan(0);
      expect(retryAfterS).toBeLessThanOrEqual(60);
    }
    expect((await service.call(checkHealth, {})).status).toBe(200);
  });

  it('each answer says how many are left and for how long', async () => {
    const person = await signUpPerson(service);
    const first = headersOf(await readProfile(person));
    const second = headersOf(await readProfile(person));
    expect(first).toEqual({ policy: '"caller";q=100;w=60', limit: expect.stringMatching(/^"caller";r=99;t=(60|5\d)$/), retryAfter: null });
    expect(second.limit).toMatch(/^"caller";r=98;t=(60|5\d)$/);
  });

  it('bad input counts, as it costs us too', async () => {
    const person = await signUpPerson(service);
    const answers = await times(12, () => service.send('updateSong?x=1', post({}, person.token)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([400]));
    expect(await rateDocument(person.uid)).toMatchObject({ granted: expect.any(Number) });
    expect((await readProfile(person)).headers.get('ratelimit')).toMatch(/^"caller";r=87;/);
  });

  it('forged and ended tokens in somebody’s name take nothing from his share', async () => {
    const person = await signUpPerson(service);
    const nowS = Math.floor(Date.now() / 1000);
    const forged = [
      alteredToken(person, { aud: 'demo-other', iss: 'https://securetoken.google.com/demo-other' }),
      alteredToken(person, { exp: nowS - 60 }),
      alteredToken(person, { auth_time: undefined }),
      `${person.token}x`,
    ];
    const answers = await Promise.all(forged.flatMap((token) => Array.from({ length: 30 }, () => readProfile({ token }))));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([401]));
    expect(await rateDocument(person.uid)).toBeUndefined();
    expect((await readProfile(person)).headers.get('ratelimit')).toMatch(/^"caller";r=99;/);
  });

  it('callers without a token cost the database nothing', async () => {
    const before = (await (await database()).collection('rateLimits').listDocuments()).length;
    await times(20, () => service.call(checkHealth, {}));
    expect((await (await database()).collection('rateLimits').listDocuments()).length).toBe(before);
  });
});

function post(body: object, token: string): RequestInit {
  return { method: 'POST', headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` }, body: JSON.stringify(body) };
}
