import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Attempt, countAttempts, forgiveAttempts } from '#shared/limits';
import { closeDatabase, database, newId } from '#shared/runtime';
import { useOwnProject } from '../../support/service.ts';

beforeAll(() => {
  useOwnProject();
});

afterAll(() => closeDatabase());

async function attempt(attempts: Attempt[], count: number): Promise<number> {
  let accepted = 0;
  for (let each = 0; each < count; each += 1) {
    accepted += await countAttempts(attempts).then(
      () => 1,
      () => 0,
    );
  }
  return accepted;
}

const byAccount = (): Attempt => ({ kind: 'signInAccount', of: `${newId('req')}@sori.example` });
const byAddress = (): Attempt => ({ kind: 'signInAddress', of: newId('req') });

async function documents() {
  return (await (await database()).collection('rateLimits').get()).docs;
}

/** Counts one attempt and then has the database say something else of it. */
async function countAs(attempt: Attempt, change: object): Promise<void> {
  const before = new Set((await documents()).map(({ id }) => id));
  await countAttempts([attempt]);
  const mine = (await documents()).find(({ id }) => !before.has(id));
  await mine!.ref.update({ ...change });
}

describe('Attempts to sign in', () => {
  it('leave nothing that could be compared with an address', async () => {
    const account: Attempt = { kind: 'signInAccount', of: 'mina@sori.example' };
    await countAttempts([account]);
    const ids = (await documents()).map(({ id }) => id).join();
    for (const form of ['hex', 'base64', 'base64url'] as const) {
      expect(ids).not.toContain(createHash('sha256').update(account.of).digest(form).slice(0, 12));
    }
  });

  it('are refused after the tenth of an account, with the seconds until its quarter of an hour is over', async () => {
    const account = byAccount();
    expect(await attempt([account], 10)).toBe(10);
    const refusal = (await countAttempts([account]).catch((error: unknown) => error)) as { retryAfterS: number };
    expect(refusal).toMatchObject({ code: 'too_many_attempts', status: 429 });
    expect(refusal.retryAfterS).toBeGreaterThan(880);
    expect(refusal.retryAfterS).toBeLessThanOrEqual(900);
  });

  it('of one account take nothing from another', async () => {
    await attempt([byAccount()], 10);
    expect(await attempt([byAccount()], 1)).toBe(1);
  });

  it('are counted for account and address together or not at all', async () => {
    const [account, address] = [byAccount(), byAddress()];
    await countAs(address, { count: 59 });
    await attempt([account], 10);
    expect(await attempt([account, address], 5)).toBe(0);
    expect(await attempt([byAccount(), address], 3)).toBe(1);
  });

  it('that succeed are given back, and never more than there were', async () => {
    const account = byAccount();
    for (let each = 0; each < 15; each += 1) {
      await countAttempts([account]);
      await forgiveAttempts([account]);
    }
    await forgiveAttempts([account]);
    expect(await attempt([account], 12)).toBe(10);
  });

  it('at the same time let no more through than one after another', async () => {
    const account = byAccount();
    const outcomes = await Promise.allSettled(Array.from({ length: 15 }, () => countAttempts([account])));
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(10);
  });

  it('that are good do not get in each other’s way: twelve people of one office at once', async () => {
    const office = byAddress();
    const signIn = async () => {
      const attempts = [byAccount(), office];
      await countAttempts(attempts);
      await forgiveAttempts(attempts);
    };
    await Promise.all(Array.from({ length: 12 }, signIn));
    expect((await documents()).filter((each) => each.id.startsWith('signInAddress') && each.get('count') === 0)).toHaveLength(1);
  });

  it('are forgotten when their window is over', async () => {
    const account = byAccount();
    await countAs(account, { count: 10, windowStartMs: Date.now() - 15 * 60_000 - 1 });
    expect(await attempt([account], 11)).toBe(10);
  });

  it('leave no e-mail and no address in the database', async () => {
    await countAttempts([
      { kind: 'signInAccount', of: 'mina@sori.example' },
      { kind: 'signInAddress', of: '192.0.2.77' },
    ]);
    const all = JSON.stringify((await documents()).map((each) => [each.id, each.data()]));
    expect(all).not.toMatch(/mina|sori\.example|192\.0\.2/);
  });
});
