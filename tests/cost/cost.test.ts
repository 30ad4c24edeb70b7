/** What a month costs: the model is held to what must be true of any bill, and to the goals of DESIGN §13. Nothing is measured here. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { PRICES } from '#shared/reports';
import { toolEnvironment } from '../../scripts/check/command.ts';
import { checkedPrices } from '../../scripts/cost/checkedPrices.ts';
import { readCommandLine } from '../../scripts/cost/commandLine.ts';
import { costOfMonth } from '../../scripts/cost/costOfMonth.ts';
import { priced } from '../../scripts/cost/priced.ts';
import { USUAL } from '../../scripts/cost/referenceUser.ts';
import { showMonth } from '../../scripts/cost/showMonth.ts';
import { readSources, type Sources } from '../../scripts/cost/sources.ts';
import { worstHour } from '../../scripts/cost/worstHour.ts';

const ROOT = join(import.meta.dirname, '../..');
const USUAL_PLAN = { users: 500, ...USUAL };

let sources: Sources;

beforeAll(async () => {
  sources = await readSources();
});

const of = (plan: Partial<typeof USUAL_PLAN>, from = sources) => costOfMonth({ ...USUAL_PLAN, ...plan }, from);

describe('a month', () => {
  it.each([
    [500, 40],
    [1_000, 75],
  ])('of %d reference users costs at most %d dollars without provider credits', (users, mostUsd) => {
    expect(of({ users }).totalUsd).toBeLessThanOrEqual(mostUsd);
  });

  it('costs more with more users, plays, songs or months, and never less', () => {
    const amount = fc.integer({ min: 0, max: 20_000 });
    const plan = fc.record({
      users: amount,
      plays: fc.integer({ min: 0, max: 500 }),
      songs: fc.integer({ min: 0, max: 50 }),
      months: fc.integer({ min: 0, max: 36 }),
    });
    const more = fc.constantFrom('users', 'plays', 'songs', 'months');
    fc.assert(
      fc.property(plan, more, fc.integer({ min: 1, max: 1_000 }), (less, what, by) => {
        const [before, after] = [of(less), of({ ...less, [what]: less[what] + by })];
        expect(after.totalUsd).toBeGreaterThanOrEqual(before.totalUsd - 1e-9);
        expect(after.providerUsd).toBeGreaterThanOrEqual(before.providerUsd);
      }),
      { seed: 47, numRuns: 60 },
    );
    expect(of({ users: 501 }).totalUsd).toBeGreaterThan(of({ users: 500 }).totalUsd);
    expect(of({ plays: 101 }).totalUsd).toBeGreaterThan(of({ plays: 100 }).totalUsd);
  });

  it('is the sum of its rows, each its list price less its share of the free quota', () => {
    const { lines, grossUsd, totalUsd, providerUsd } = of({});
    const sum = (amount: 'usd' | 'grossUsd') => lines.reduce((total, line) => total + line[amount], 0);
    expect(totalUsd + providerUsd).toBeCloseTo(sum('usd'), 9);
    expect(grossUsd + providerUsd).toBeCloseTo(sum('grossUsd'), 9);
    for (const line of lines) expect(line.usd).toBeCloseTo(line.grossUsd - line.freeUsd, 9);
    expect(lines.filter(({ usd, freeUsd }) => usd < 0 || freeUsd < 0)).toEqual([]);
  });

  it('costs more when a function reads one more document', () => {
    const budgets = {
      ...sources.budgets,
      getPlayback: { ...sources.budgets['getPlayback']!, reads: sources.budgets['getPlayback']!.reads + 1 },
    };
    const reads = (from: Sources) => of({}, from).lines.find(({ part, price }) => part === 'firestore' && price === 'documentsRead')!;
    const dearer = reads({ ...sources, budgets });
    expect(dearer.units - reads(sources).units).toBeCloseTo(500 * 100, 6);
    expect(of({}, { ...sources, budgets }).totalUsd).toBeGreaterThan(of({}).totalUsd);
  });

  it('costs more when an instance is kept warm, and when the worker has a whole processor', () => {
    const change = (name: string, resources: object): Sources => ({
      ...sources,
      endpoints: sources.endpoints.map((each) => (each.name === name ? { ...each, resources: { ...each.resources, ...resources } } : each)),
    });
    expect(of({}, change('getSong', { minInstances: 1 })).totalUsd).toBeGreaterThan(of({}).totalUsd + 10);
    expect(of({}, change('advanceGenerations', { cpu: 1 })).totalUsd).toBeGreaterThan(of({}).totalUsd + 5);
  });
});

describe('free quotas', () => {
  const table = checkedPrices();

  it('are taken off once, however many parts share a price', () => {
    const use = { price: 'documentsRead', units: 1_000_000 } as const;
    const lines = priced(
      [
        { ...use, part: 'firestore' },
        { ...use, part: 'backups_reads' },
      ],
      table,
    );
    expect(lines.map(({ freeUsd }) => freeUsd)).toEqual([0.285, 0.285]); // half of 1.5 million each
    expect(lines.reduce((sum, { usd }) => sum + usd, 0)).toBeCloseTo(0.19, 9);
  });

  it('are not for another database, nor for what has lapsed by itself', () => {
    const lines = priced([{ part: 'weekly_check', price: 'documentsWritten', units: 1_000, isNeverFree: true }], table);
    expect(lines).toMatchObject([{ freeUsd: 0, usd: 0.00115 }]);
  });

  it('leave the dearer first steps of a price to whoever uses much', () => {
    const [line] = priced([{ part: 'egress', price: 'sentGib', units: 11 * 1024 }], table);
    expect(line!.usd).toBeCloseTo(1024 * 0.12 + 9 * 1024 * 0.11 + 1024 * 0.08, 6);
  });
});

describe('the price table', () => {
  it.each(['source', 'asOf', 'unit'])('is refused when a line lacks its %s', (field) => {
    const { [field as 'source']: _, ...rest } = PRICES.sentGib;
    expect(() => checkedPrices({ ...PRICES, sentGib: rest })).toThrow(`sentGib.${field}`);
  });

  it('is refused when a date is none', () => {
    expect(() => checkedPrices({ ...PRICES, sentGib: { ...PRICES.sentGib, asOf: 'last year' } })).toThrow('sentGib.asOf');
  });
});

it('the worst hour is every function at its most instances', () => {
  const { instances, vcpus } = worstHour(sources);
  const declared = sources.endpoints.map(({ resources }) => resources);
  expect(instances).toBe(declared.reduce((sum, { maxInstances }) => sum + maxInstances, 0));
  expect(vcpus).toBeCloseTo(
    declared.reduce((sum, { maxInstances, cpu }) => sum + maxInstances * cpu, 0),
    9,
  );
});

describe('npm run cost', () => {
  const run = (...args: string[]) =>
    promisify(execFile)('node', ['scripts/cost.ts', ...args], { cwd: ROOT, env: toolEnvironment(), timeout: 60_000 });

  it('prints nothing but data with --json', async () => {
    const { stdout } = await run('--users', '1000', '--json');
    const printed = JSON.parse(stdout) as { totalUsd: number; providerUsd: number; rows: { part: string; usd: number }[] };
    const { totalUsd, providerUsd } = of({ users: 1_000 });
    expect({ total: printed.totalUsd, provider: printed.providerUsd }).toEqual({
      total: Number(totalUsd.toFixed(4)),
      provider: Number(providerUsd.toFixed(4)),
    });
    const own = printed.rows.filter(({ part }) => part !== 'provider');
    expect(own.reduce((sum, { usd }) => sum + usd, 0)).toBeCloseTo(printed.totalUsd, 2);
  });

  it('shows the rows of the former estimate beside ours', () => {
    const shown = showMonth(of({}), sources);
    for (const row of ['hosting', 'database', 'storage', 'API (the provider)', '$110-190', 'What costs most: '])
      expect(shown).toContain(row);
  });

  it('says what is missing or was typed wrong', () => {
    expect(() => readCommandLine(['--plays', '3'])).toThrow('--users is missing');
    expect(() => readCommandLine(['--users', 'many'])).toThrow('--users takes a number from 0 on, not many');
    expect(() => readCommandLine(['--user', '3'])).toThrow("Unknown option '--user'");
  });
});

it('what jobs ask for was stored for every job there is', () => {
  const stored = JSON.parse(readFileSync(join(ROOT, 'docs/measured/jobs.json'), 'utf8')) as { idle: object };
  const jobs = sources.endpoints.filter(({ access }) => access === 'scheduler').map(({ name }) => name);
  expect(Object.keys(stored.idle).sort()).toEqual(jobs.sort());
});
