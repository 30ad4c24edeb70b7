/** What the checks of callers do while Firestore takes connections and says nothing. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import jwt from 'jsonwebtoken';
import { authAdmin, authenticate, availability, requireOpen } from '#shared/access';
import { closeDatabase, DeadlineExceeded } from '#shared/runtime';
import type { Availability } from '../../../shared/access/features.ts';
import { openTcpProxy, type TcpProxy } from '../../faults/tcpProxy.ts';
import { TestClock } from '../../support/clock.ts';
import { emulators } from '../../support/emulators.ts';
import { useOwnProject } from '../../support/service.ts';

let firestore: TcpProxy;
let projectId: string;
const clock = new TestClock();
/** Both wait for their time limits; side by side. */
let outcomes: { call: unknown; first: Availability };

beforeAll(async () => {
  firestore = await openTcpProxy(emulators().firestoreHost);
  firestore.silence();
  projectId = useOwnProject({ FIRESTORE_EMULATOR_HOST: firestore.host });
  const { uid } = await authAdmin((auth) => auth.createUser({}));
  const asked = call(authorizationOf(uid)).catch((error: unknown) => error);
  const [said, first] = await Promise.all([asked, availability(clock)]);
  outcomes = { call: said, first };
});

afterAll(async () => {
  firestore.speak(); // else the client waits for its answers
  await closeDatabase();
  await firestore.close();
});

function authorizationOf(uid: string, change: object = {}): string {
  const nowS = Math.floor(clock.now() / 1000);
  const claims = {
    iss: `https://securetoken.google.com/${projectId}`,
    aud: projectId,
    sub: uid,
    auth_time: nowS,
    iat: nowS,
    exp: nowS + 3600,
  };
  return `Bearer ${jwt.sign({ ...claims, ...change }, '', { algorithm: 'none' })}`;
}

function call(authorization: string) {
  return authenticate({ authorization, functionName: 'getProfile', access: 'user' }, clock);
}

describe('While the database says nothing', () => {
  it('somebody with a good token is told so when the time limit is over', () => {
    expect(outcomes.call).toEqual(new DeadlineExceeded("the account's document", 5000));
  });

  it('a bad token is refused as ever, without a look at the database', async () => {
    await expect(call(authorizationOf('mina', { aud: 'demo-other' }))).rejects.toMatchObject({ status: 401, code: 'unauthenticated' });
  });

  it('the last known state of the features holds, and only one in 5 s waits for a new one', async () => {
    const features = { streaming: { available: true, reason: null }, signIn: { available: false, reason: 'database' } };
    expect(outcomes.first).toMatchObject({ isDatabaseUp: false, phase: 1, features });
    const startedAt = performance.now();
    await Promise.all(Array.from({ length: 50 }, () => requireOpen('streaming', clock)));
    await expect(requireOpen('generation', clock)).rejects.toMatchObject({ status: 503, params: { reason: 'phase' } });
    expect(performance.now() - startedAt).toBeLessThan(1000);
  });

  it('all is as before as soon as it speaks again', async () => {
    firestore.speak();
    clock.advance(5000);
    expect(await availability(clock)).toMatchObject({ isDatabaseUp: true, phase: 2 });
    const { uid } = await authAdmin((auth) => auth.createUser({}));
    expect(await call(authorizationOf(uid))).toEqual({ kind: 'user', uid, role: 'user' });
  });
});
