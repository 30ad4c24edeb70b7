import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type CallerRate, RateLimiter } from '#shared/limits';
import { closeDatabase, DeadlineExceeded, newId } from '#shared/runtime';
import { openTcpProxy, type TcpProxy } from '../../faults/tcpProxy.ts';
import { TestClock } from '../../support/clock.ts';
import { emulators } from '../../support/emulators.ts';
import { useOwnProject } from '../../support/service.ts';

let firestore: TcpProxy;
const clock = new TestClock();

beforeAll(async () => {
  firestore = await openTcpProxy(emulators().firestoreHost);
  useOwnProject({ FIRESTORE_EMULATOR_HOST: firestore.host });
});

afterAll(async () => {
  firestore.speak(); // else the client waits for its answers
  await closeDatabase();
  await firestore.close();
});

function ask(limiter: RateLimiter, uid: string, count: number, rate: CallerRate = 'read') {
  return Promise.allSettled(Array.from({ length: count }, () => limiter.admit(uid, rate, clock)));
}

const accepted = (outcomes: PromiseSettledResult<unknown>[]) => outcomes.filter(({ status }) => status === 'fulfilled').length;
const reasons = (outcomes: PromiseSettledResult<unknown>[]) =>
  outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason as unknown] : []));

const LIMIT_REACHED = expect.objectContaining({ code: 'rate_limited' });
const DATABASE_SILENT = new DeadlineExceeded('the count', 3000);

describe('While the database says nothing', () => {
  it('an instance lets 20 reads of a caller through in a window, opens nothing else, and makes nobody wait twice', async () => {
    const limiter = new RateLimiter(newId('ins'));
    const [fresh, refused, maker] = [newId('req'), newId('req'), newId('req')];
    await ask(limiter, refused, 100);
    await expect(limiter.admit(refused, 'read', clock)).rejects.toEqual(LIMIT_REACHED);
    firestore.silence();
    const startedAt = performance.now();
    const [reads, songs, writes] = await Promise.all([
      ask(limiter, fresh, 30),
      ask(limiter, maker, 5, 'generate'),
      ask(limiter, newId('req'), 5, 'write'),
    ]);
    expect(accepted(reads)).toBe(20);
    expect(reasons(reads)).toEqual(Array(10).fill(LIMIT_REACHED));
    for (const closed of [songs, writes]) expect(reasons(closed)).toEqual(Array(5).fill(DATABASE_SILENT));
    expect(accepted(await ask(limiter, fresh, 10))).toBe(0);
    expect(accepted(await ask(limiter, refused, 10))).toBe(0); // who was refused before stays so
    expect(performance.now() - startedAt).toBeLessThan(6000);

    firestore.speak();
    clock.advance(5000);
    expect(accepted(await ask(limiter, fresh, 10))).toBe(10);
    expect(accepted(await ask(limiter, maker, 5, 'generate'))).toBe(5);
  });
});
