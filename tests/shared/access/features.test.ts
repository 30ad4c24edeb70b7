import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { availability, type Dependency, judge, requireOpen } from '#shared/access';
import { closeDatabase, database, FEATURES, type Feature } from '#shared/runtime';
import { TestClock } from '../../support/clock.ts';
import { useOwnProject } from '../../support/service.ts';

/** What the design says of each feature: the reason for which it is closed, if it is. */
const TABLE: Record<Feature, { phase1: string | null; storage: string | null; provider: string | null; budget: string | null }> = {
  signIn: { phase1: null, storage: null, provider: null, budget: null },
  library: { phase1: null, storage: null, provider: null, budget: null },
  streaming: { phase1: null, storage: 'storage', provider: null, budget: null },
  generation: { phase1: 'phase', storage: 'storage', provider: 'provider', budget: 'budget' },
  lyrics: { phase1: 'phase', storage: null, provider: 'provider', budget: null },
  uploads: { phase1: 'phase', storage: 'storage', provider: null, budget: null },
  files: { phase1: null, storage: null, provider: null, budget: null },
  admin: { phase1: null, storage: null, provider: null, budget: null },
};

const OPEN = { available: true, reason: null };

function reasonsOf(settings: { phase: 1 | 2; closedFeatures: Exclude<Feature, 'admin'>[] }, down: Dependency[]) {
  const { features } = judge(settings, down);
  return Object.fromEntries(FEATURES.map((feature) => [feature, features[feature].reason]));
}

describe('What is open', () => {
  it.each(['phase1', 'storage', 'provider', 'budget'] as const)('follows the table in the column %s', (column) => {
    const isPhase = column === 'phase1';
    const reasons = reasonsOf({ phase: isPhase ? 1 : 2, closedFeatures: [] }, isPhase ? [] : [column]);
    expect(reasons).toEqual(Object.fromEntries(FEATURES.map((feature) => [feature, TABLE[feature][column]])));
  });

  it('is everything when nothing is wrong, but what an operator has closed', () => {
    expect(Object.values(reasonsOf({ phase: 2, closedFeatures: [] }, []))).toEqual(Array(FEATURES.length).fill(null));
    expect(reasonsOf({ phase: 2, closedFeatures: ['library'] }, [])).toMatchObject({ library: 'phase', signIn: null });
  });
});

describe('What the database says of it', () => {
  const clock = new TestClock();

  beforeAll(() => {
    useOwnProject();
  });

  beforeEach(() => clock.advance(10_000));

  afterAll(() => closeDatabase());

  async function write(path: string, data: object): Promise<void> {
    await (await database()).doc(path).set({ ...data });
  }

  it('is acted on within 10 s, and comes back by itself', async () => {
    expect((await availability(clock)).features.uploads).toEqual(OPEN);
    await write('dependencies/storage', { isUp: false, changedAt: new Date() });
    clock.advance(9_999);
    expect((await availability(clock)).features.uploads).toEqual(OPEN);
    clock.advance(1);
    const refused = requireOpen('uploads', clock);
    await expect(refused).rejects.toMatchObject({ status: 503, params: { feature: 'uploads', reason: 'storage', retryAfterS: 30 } });
    await write('dependencies/storage', { isUp: true, changedAt: new Date() });
    clock.advance(10_000);
    await expect(requireOpen('uploads', clock)).resolves.toBeUndefined();
  });

  it('and was edited by hand into nonsense leaves the last good settings in force', async () => {
    await write('settings/service', { phase: 2, closedFeatures: ['lyrics'] });
    expect(await availability(clock)).toMatchObject({ phase: 2, features: { lyrics: { available: false, reason: 'phase' } } });
    await write('settings/service', { phase: 'two', closedFeatures: 'none' });
    clock.advance(10_000);
    expect(await availability(clock)).toMatchObject({ phase: 2, isDatabaseUp: true, features: { lyrics: { available: false } } });
    await write('settings/service', { phase: 1 });
    clock.advance(10_000);
    expect(await availability(clock)).toMatchObject({ phase: 1, features: { generation: { reason: 'phase' }, library: OPEN } });
  });
});
