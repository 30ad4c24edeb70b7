/** Sessions where our clock and Google's differ, as those of two machines do. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { systemClock } from '#shared/runtime';
import { getProfile } from '../../../functions/accounts/getProfile.ts';
import { signIn } from '../../../functions/accounts/signIn.ts';
import { signOut } from '../../../functions/accounts/signOut.ts';
import { signUp } from '../../../functions/accounts/signUp.ts';
import { type Service, startService } from '../../support/service.ts';

const ACCOUNT = { email: 'mina@sori.example', password: 'correct horse battery' };

let service: Service;

beforeAll(async () => {
  service = await startService({ world: { clock: { ...systemClock, now: () => Date.now() + 1000 } } });
});

afterAll(() => service.close());

describe('our clock is a second ahead of the one that dates the tokens', () => {
  it('and a session opened right after signing out works', async () => {
    const before = (await service.call(signUp, { ...ACCOUNT, displayName: '미나', locale: 'ko' })).body.session;
    await service.call(signOut, {}, { token: before.idToken });
    const after = (await service.call(signIn, ACCOUNT)).body.session;
    expect((await service.call(getProfile, {}, { token: after.idToken })).status).toBe(200);
    expect((await service.call(getProfile, {}, { token: before.idToken })).status).toBe(401);
  });
});
