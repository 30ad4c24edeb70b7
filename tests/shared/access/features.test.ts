import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { availability, type Dependency, judge, requireOpen } from '#shared/access';
import { closeDatabase, database, FEATURES, type Feature } from '#shared/runtime';
import { TestClock } from '../../support/clock.ts';
import { useOwnProject } from '../../support/service.ts';

type Column = 'phase1' | Dependency;

/** The reason for which each feature is closed, if it is. The functions of each stand in tests/guarantees/g08-table.test.ts. */
const TABLE: Record<Feature, Partial<Record<Column, string>>> = {
  signIn: { database: 'database' },
  library: {},
  streaming: { media: 'storage' },
  generation: { phase1: 'phase', storage: 'storage', provider: 'provider', budget: 'budget', database: 'database' },
  lyrics: { phase1: 'phase', provider: 'provider', database: 'database' },
  uploads: { phase1: 'phase', storage: 'storage', database: 'database' },
  files: { database: 'database' },
  admin: { database: 'database' },
};

const OPEN = { available: true, reason: null };

function reasonsOf(settings: { phase: 1 | 2; closedFeatures: Exclude<Feature, 'admin'>[] }, down: Dependency[]) {
  const { features } = judge(settings, down);
  return Object.fromEntries(FEATURES.map((feature) => [feature, features[feature].reason]));
}

describe('What is open', () => {
  it.each(['phase1', 'storage', 'media', 'provider', 'budget', 'database'] as const)('follows the table in the column %s', (column) => {
    const reasons =
      column === 'phase1' ? reasonsOf({ phase: 1, closedFeatures: [] }, []) : reasonsOf({ phase: 2, closedFeatures: [] }, [column]);
    expect(reasons).toEqual(Object.fromEntries(FEATURES.map((feature) => [feature, TABLE[feature][column] ?? null])));
  });

  it('is everything when nothing is wrong, but what an operator has closed', () => {
    expect(Object.values(reasonsOf({ phase: 2, closedFeatures: [] }, []))).toEqual(Array(FEATURES.length).fill(null));
    expect(reasonsOf({ phase: 2, closedFeatures: ['library'] }, [])).toMatchObject({ library: 'phase', signIn: null });
  });
});

describe('What the database says of it', () => {
  const clock = new TestClock();

  beforeAll(async () => {
    useOwnProject({ MEDIA_STORES: 'gcs:0' });
    await (await database()).doc('dependencies/storage').get(); // loads what loads at the first read, which has a limit
  });

  beforeEach(() => clock.advance(10_000));

  const closing = [closeDatabase];

  afterAll(async () => {
    for (const close of closing) await close();
  });

  /** A version of the service with these stores. */
  async function versionWith(storeIds: string[]) {
    process.env['MEDIA_STORES'] = storeIds.join(',');
    jest.resetModules();
    const [access, media, runtime] = await Promise.all([import('#shared/access'), import('#shared/media'), import('#shared/runtime')]);
    closing.push(runtime.closeDatabase);
    await (await runtime.database()).doc('dependencies/storage').get();
    return { ...access, storeIds: media.mediaStores().map(({ id }) => id) };
  }

  async function write(path: string, data: object): Promise<void> {
    await (await database()).doc(path).set({ ...data });
  }

  function stores(...states: [canRead: boolean, canWrite: boolean][]) {
    return { stores: states.map(([canRead, canWrite], at) => ({ storeId: `gcs:${at}`, canRead, canWrite })) };
  }

  it('is acted on within 10 s, and comes back by itself', async () => {
    expect((await availability(clock)).features.uploads).toEqual(OPEN);
    await write('dependencies/storage', stores([true, false]));
    clock.advance(9_999);
    expect((await availability(clock)).features.uploads).toEqual(OPEN);
    clock.advance(1);
    const refused = requireOpen('uploads', clock);
    await expect(refused).rejects.toMatchObject({ status: 503, params: { feature: 'uploads', reason: 'storage', retryAfterS: 30 } });
    await write('dependencies/storage', stores([true, true]));
    clock.advance(10_000);
    await expect(requireOpen('uploads', clock)).resolves.toBeUndefined();
  });

  const CLOSED = { available: false, reason: 'storage' };
  it.each<[string, [boolean, boolean][], object]>([
    ['one store that cannot be written', [[true, false]], { uploads: CLOSED, streaming: OPEN }],
    ['one store that can do nothing', [[false, false]], { uploads: CLOSED, streaming: CLOSED }],
    [
      'one of two',
      [
        [true, true],
        [false, false],
      ],
      { generation: CLOSED, streaming: OPEN },
    ],
    [
      'both of two',
      [
        [false, true],
        [false, false],
      ],
      { generation: CLOSED, streaming: CLOSED },
    ],
  ])('of the storage closes new songs and uploads, and streaming when nothing can be read: %s', async (_what, states, features) => {
    await write('dependencies/storage', stores(...states));
    const version = await versionWith(states.map((_, at) => `gcs:${at}`));
    expect((await version.availability(clock)).features).toMatchObject(features);
    expect([...(await version.storesDown(clock))]).toEqual(states.flatMap(([canRead], at) => (canRead ? [] : [`gcs:${at}`])));
  });

  it('of a storage that only another version of the service uses closes nothing in this one', async () => {
    await write('dependencies/storage', stores([false, false], [true, true]));
    const [old, next] = [await versionWith(['gcs:0']), await versionWith(['gcs:1'])];
    expect((await old.availability(clock)).features).toMatchObject({ generation: CLOSED, uploads: CLOSED, streaming: CLOSED });
    expect((await next.availability(clock)).features).toMatchObject({ generation: OPEN, uploads: OPEN, streaming: OPEN });
    expect([...(await old.storesDown(clock)), '|', ...(await next.storesDown(clock))]).toEqual(['gcs:0', '|']);
  });

  it('closes nothing for a storage of which it says nothing yet, and lets what can be read play from it', async () => {
    await write('dependencies/storage', stores([false, false]));
    const { features } = await (await versionWith(['gcs:new'])).availability(clock);
    expect(features).toMatchObject({ generation: OPEN, streaming: OPEN });
    const both = await (await versionWith(['gcs:0', 'gcs:new'])).availability(clock);
    expect(both.features).toMatchObject({ generation: CLOSED, streaming: OPEN });
  });

  it('is about the stores by their ids, in whatever way MEDIA_STORES writes them', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'sori-features-'));
    closing.push(() => rm(directory, { recursive: true }));
    for (const setting of [[], ['gcs:a'], [`local:${directory}/`, 'gcs:a'], [`local:${relative('.', directory)}`]]) {
      const version = await versionWith(setting);
      expect(version.ownStores({ stores: [] }).map(({ storeId }) => storeId)).toEqual(version.storeIds);
    }
  });

  it('and is nonsense about the storage closes nothing', async () => {
    await write('dependencies/storage', { stores: 'none', probedAt: 'yesterday' });
    expect((await availability(clock)).features.generation).toEqual(OPEN);
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
