/** Every function that takes an `Idempotency-Key` keeps the same promises: a new one is tried here by itself. */
import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Endpoint } from '#shared/endpoint';
import { database } from '#shared/runtime';
import { startNode } from '../../scripts/local/processes/child.ts';
import { freePort } from '../../scripts/local/processes/port.ts';
import { waitUntil } from '../../scripts/local/waitUntil.ts';
import { validInput } from '../fuzz/validInput.ts';
import { givenInput, variantsFor } from '../matrix/givenInput.ts';
import type { KnownCaller } from '../support/callers.ts';
import { TestClock } from '../support/clock.ts';
import { fromSomewhere } from '../support/fromSomewhere.ts';
import { type House, openHouse } from '../support/openHouse.ts';
import { seed } from '../support/runs.ts';
import type { Answer } from '../support/service.ts';

/** Read from the sources: tests are collected before definitions can be loaded. */
function replayFunctions(): string[] {
  const folder = join(import.meta.dirname, '..', '..', 'functions');
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
  const isReplay = (file: string) => readFileSync(join(folder, file), 'utf8').includes("idempotency: 'replay'");
  return files.filter(isReplay).map((file) => basename(file, '.ts'));
}

let house: House;
let directory: string;
/** It stands still while a function is tried: what is signed twice is signed at the same time. */
const clock = new TestClock();

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sori-keys-'));
  house = await openHouse({ hasBucket: true, world: { clock } });
});

afterAll(async () => {
  await house.close();
  await rm(directory, { recursive: true, force: true });
});

const LONGEST_MS = 40_000;

/** A function, called by somebody. */
interface Calling {
  endpoint: Endpoint;
  caller: KnownCaller;
}

type Input = Record<string, unknown>;

async function call({ endpoint, caller }: Calling, input: Input, key: string | undefined): Promise<Answer> {
  const headers = { ...fromSomewhere(), ...(key === undefined ? {} : { 'idempotency-key': key }) };
  return house.service.call(endpoint, input, { token: await caller.tokenFor(endpoint.name), headers });
}

/** What it succeeds with, on a thing of the caller's own. */
async function inputFor({ endpoint, caller }: Calling): Promise<Input> {
  const variant = variantsFor(endpoint).find(({ isWhole }) => isWhole);
  return givenInput(house.service, endpoint, await variant?.make(caller.uid));
}

/** Another one that it takes. */
async function otherInput(calling: Calling, input: Input): Promise<Input> {
  const { endpoint } = calling;
  if (Object.keys(endpoint.needs).length > 0) return await inputFor(calling);
  const others = fc.sample(validInput(endpoint, {}), { seed, numRuns: 10 });
  return others.find((other) => JSON.stringify(endpoint.input.parse(other)) !== JSON.stringify(endpoint.input.parse(input)))!;
}

/** How many documents there are, by collection. Not those that the pipeline counts in. */
async function census(): Promise<Record<string, number>> {
  const db = await database();
  const collections = (await db.listCollections()).filter(({ id }) => !['rateLimits', 'dependencies'].includes(id));
  const counts = await Promise.all(collections.map(async (collection) => (await collection.count().get()).data().count));
  return Object.fromEntries(collections.map(({ id }, at) => [id, counts[at] ?? 0]));
}

/** The documents that some work brings. */
async function growth(work: () => Promise<unknown>): Promise<Record<string, number>> {
  const before = await census();
  await work();
  const after = await census();
  const grown = Object.entries(after).map(([name, count]) => [name, count - (before[name] ?? 0)] as const);
  return Object.fromEntries(grown.filter(([, by]) => by !== 0));
}

function isReplayed({ headers }: Answer): boolean {
  return headers.get('idempotent-replayed') === 'true';
}

describe.each(replayFunctions())('%s with an Idempotency-Key', (name) => {
  let owner: Calling;
  let stranger: Calling;
  let input: Input;
  let first: Answer;
  /** What one call brings. */
  let once: Record<string, number>;
  const key = randomUUID();

  beforeAll(async () => {
    const endpoint = house.endpoint(name);
    const people = await house.newPeople();
    clock.advance(Date.now() - clock.now());
    [owner, stranger] = [people.owner, people.stranger].map((caller) => ({ endpoint, caller })) as [Calling, Calling];
    // The first call of a day brings more than later ones.
    for (const calling of [owner, stranger]) await call(calling, await inputFor(calling), undefined);
    input = await inputFor(owner);
    once = await growth(async () => {
      first = await call(owner, input, key);
    });
  });

  it('does its work once, and gives the same answer again', async () => {
    expect({ status: first.status, isReplayed: isReplayed(first) }).toEqual({ status: owner.endpoint.status, isReplayed: false });
    expect(once).toMatchObject({ idempotency: 1 });
    let again: Answer | undefined;
    expect(await growth(async () => (again = await call(owner, input, key)))).toEqual({});
    expect(again).toMatchObject({ status: first.status, body: first.body });
    expect(isReplayed(again!)).toBe(true);
  });

  it('refuses another body', async () => {
    const other = await otherInput(owner, input);
    let refused: Answer | undefined;
    expect(await growth(async () => (refused = await call(owner, other, key)))).toEqual({});
    expect(refused?.problem).toMatchObject({ status: 422, code: 'idempotency_key_reused' });
  });

  it('is another caller’s own when he uses the same key', async () => {
    const own = await inputFor(stranger);
    let answer: Answer | undefined;
    expect(await growth(async () => (answer = await call(stranger, own, key)))).toEqual(once);
    expect({ status: answer?.status, isReplayed: isReplayed(answer!) }).toEqual({ status: first.status, isReplayed: false });
    expect(answer?.body).not.toEqual(first.body);
  });

  it('does its work once when four of the same come at once', async () => {
    const [twin, twinKey] = [await inputFor(owner), randomUUID()];
    let answers: Answer[] = [];
    const grown = await growth(async () => {
      answers = await Promise.all(Array.from({ length: 4 }, () => call(owner, twin, twinKey)));
    });
    expect(grown).toEqual(once);
    expect(answers.map(({ status }) => status)).toEqual(Array(4).fill(first.status));
    for (const { body } of answers) expect(body).toEqual(answers[0]?.body);
    expect(answers.filter((answer) => !isReplayed(answer))).toHaveLength(1);
  });

  it(
    'does its work once when the process dies before it answers',
    async () => {
      const [lost, lostKey] = [await inputFor(owner), randomUUID()];
      expect(await growth(() => callDying(owner, lost, lostKey))).toEqual(once);
      let again: Answer | undefined;
      expect(await growth(async () => (again = await call(owner, lost, lostKey)))).toEqual({});
      expect({ status: again?.status, isReplayed: isReplayed(again!) }).toEqual({ status: first.status, isReplayed: true });
    },
    LONGEST_MS,
  );

  it('takes the key for a new one after 24 hours', async () => {
    const [own, ownKey] = [await inputFor(owner), randomUUID()];
    await call(owner, own, ownKey);
    const db = await database();
    const { docs } = await db.collection('idempotency').get();
    await Promise.all(docs.map(({ ref }) => ref.update({ expireAt: new Date(Date.now() - 1000) })));
    const again = await call(owner, own, ownKey);
    expect({ status: again.status, isReplayed: isReplayed(again) }).toEqual({ status: first.status, isReplayed: false });
  });

  it('refuses a key of 129 characters or with blanks', async () => {
    for (const bad of ['k'.repeat(129), 'a key']) {
      expect((await call(owner, await inputFor(owner), bad)).problem).toMatchObject({ status: 400, code: 'malformed_request' });
    }
  });
});

/** Calls the function in a process that dies between its transaction and its answer. */
async function callDying({ endpoint: { name }, caller }: Calling, input: Input, key: string): Promise<void> {
  const port = await freePort();
  const program = join(import.meta.dirname, '..', 'faults', 'dyingProcess.ts');
  const child = startNode([program, name, String(port)], { logFile: join(directory, `${name}.log`) });
  try {
    const url = `http://127.0.0.1:${port}`;
    const listens = () => fetch(url).then(Boolean, () => child.hasExited());
    await waitUntil(`${name} listens`, listens, LONGEST_MS);
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${await caller.tokenFor(name)}`, 'idempotency-key': key };
    await expect(fetch(`${url}/v1/${name}`, { method: 'POST', headers, body: JSON.stringify(input) })).rejects.toThrow('fetch failed');
    expect(await child.exited).toBe('SIGKILL');
  } finally {
    await child.stop(0);
  }
}

describe('the functions that are tried here', () => {
  it('are those whose definitions say so', () => {
    const defined = house.service.endpoints.filter(({ idempotency }) => idempotency === 'replay').map(({ name }) => name);
    expect(replayFunctions().sort()).toEqual(defined.sort());
  });
});
