/** What the pipeline counts of each request, as it reaches the figures. */
import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import type { FinishedRequest } from '#shared/figures';
import { FigureGatherer } from '#shared/figures';
import { hashUid, newId, systemWorld } from '#shared/runtime';
import { getProfile } from '../../../functions/accounts/getProfile.ts';
import { getSong } from '../../../functions/songs/getSong.ts';
import { listSongs } from '../../../functions/songs/listSongs.ts';
import type { KnownCaller } from '../../support/callers.ts';
import { given } from '../../support/given.ts';
import { type House, openHouse } from '../../support/openHouse.ts';

/** Tells what it is told, in the order of the answers. */
class Recorder extends FigureGatherer {
  readonly requests: FinishedRequest[] = [];
  override count(request: FinishedRequest): void {
    this.requests.push(request);
  }
}

const figures = new Recorder(systemWorld);
let house: House;
let owner: KnownCaller;

beforeAll(async () => {
  house = await openHouse({ figures });
  ({ owner } = await house.newPeople());
});
beforeEach(() => void figures.requests.splice(0));
afterAll(() => house.close());

it('A signed-in call has its function, status, time, the time of its check, and the hash of who called', async () => {
  await house.service.call(getProfile, {}, { token: (await owner.tokenFor(''))! });
  expect(figures.requests).toEqual([
    {
      functionName: 'getProfile',
      isScheduled: false,
      status: 200,
      durationMs: expect.any(Number),
      authMs: expect.any(Number),
      callerHash: hashUid(owner.uid),
      isRefused: false,
      cacheHit: null,
      resources: expect.objectContaining({ cpu: 1, memoryMiB: 256 }),
    },
  ]);
  const [{ durationMs, authMs }] = figures.requests as [FinishedRequest];
  expect(authMs).toBeLessThanOrEqual(durationMs);
});

it('A read of what everybody may see is a hit when it was answered without the database', async () => {
  const { songId } = await given.song({ owner: owner.uid, visibility: 'public' });
  for (let time = 0; time < 3; time += 1) await house.service.call(getSong, { songId }); // the first may also look for what is open
  await house.service.call(getSong, { songId }, { token: (await owner.tokenFor(''))! }); // an owner always reads afresh
  expect(figures.requests.map(({ cacheHit }) => cacheHit)).toEqual([false, true, true, false]);
});

it('Nobody known, a forged token and a bad input are counted as what they are', async () => {
  await house.service.call(listSongs, { scope: 'public' });
  await house.service.call(getProfile, {}, { token: 'forged' });
  await house.service.send('listSongs?scope=nonsense');
  await house.service.send('getSong', { method: 'DELETE' });
  const seen = figures.requests.map(({ status, authMs, callerHash, isRefused }) => [status, authMs !== null, callerHash, isRefused]);
  expect(seen).toEqual([
    [200, false, null, false],
    [401, true, null, false],
    [400, false, null, false],
    [405, false, null, false],
  ]);
});

it('Who is refused by a limit is known as refused; what a browser asks before its request is not counted', async () => {
  const limited = new Recorder({ clock: systemWorld.clock, newId });
  const small = await openHouse({
    figures: limited,
    rateLimits: { windowMs: 60_000, requests: 2, generations: 1, readsWithoutDatabase: 2 },
  });
  const { user } = await small.newPeople().then((people) => ({ user: people.owner }));
  const token = (await user.tokenFor(''))!;
  limited.requests.splice(0);
  await small.service.send('getProfile', {
    method: 'OPTIONS',
    headers: { origin: 'https://a.example', 'access-control-request-method': 'GET' },
  });
  for (let call = 0; call < 4; call += 1) await small.service.call(getProfile, {}, { token });
  const refused = limited.requests.filter(({ isRefused }) => isRefused);
  expect(limited.requests).toHaveLength(4);
  expect(refused.length).toBeGreaterThanOrEqual(2);
  expect(refused.every(({ status, callerHash }) => status === 429 && callerHash === hashUid(user.uid))).toBe(true);
  await small.close();
});
