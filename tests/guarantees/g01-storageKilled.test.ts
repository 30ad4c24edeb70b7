/** The server of the storage is killed at any moment in which a song is stored or removed, and started again. */
import { createHash } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { deleteSong } from '#shared/generation';
import { database } from '#shared/runtime';
import { findViolations, sweep } from '../crashPoints/invariants.ts';
import { askUntilTaken, liveOut } from '../faults/liveOut.ts';
import type { Side, Trap } from '../faults/tcpProxy.ts';
import { type Listener, newListener } from '../shared/generation/listener.ts';
import { type MortalStorage, openMortalStorage } from '../shared/media/mortalStorage.ts';
import { announceSeed, isLong, limitMs, seed } from '../support/runs.ts';
import { openStudio, type Studio } from '../support/studio.ts';

let storage: MortalStorage;
let studio: Studio;
let mina: Listener;

beforeAll(async () => {
  announceSeed('the storage is killed');
  storage = await openMortalStorage();
  const { store } = storage;
  const whole = await openStudio({ soundSeconds: 8 }); // more than one chunk on its way
  studio = { ...whole, storage: { ...whole.storage, store }, runWorker: (own) => whole.runWorker({ ...own, store }) };
  mina = await newListener(studio);
  await (await database()).doc('settings/service').set({ providerCreditsPerDay: 1_000_000 });
});

afterAll(async () => {
  await studio?.close();
  await storage?.close();
});

const from =
  (wanted: Side, pattern: RegExp): Trap =>
  (side, _n, chunk) =>
    side === wanted && pattern.test(chunk.toString('latin1'));

/** In the order in which they come. What is lost with the server: a request before it is done, or the answer to one that was. */
const MOMENTS: Record<string, Trap> = {
  'before the first request': (side, n) => side === 'client' && n === 1,
  'when an upload is opened': from('client', /^POST \/upload\/.*audio/),
  'in the middle of an upload': from('client', /^(?![A-Z]+ \/)/),
  'when the last byte has come': from('server', /"staging\/[^"]*audio/),
  'when the sound is published': from('client', /^POST .*rewriteTo\/b\/songs\/o\/songs/),
  'when it has been published': from('server', /#rewriteResponse.*"songs\//s),
  'when its staged bytes are removed': from('client', /^DELETE .*staging.*audio/),
  'when a cover comes': from('client', /^PUT .*cover/),
  'when a cover is published': from('client', /^POST .*rewriteTo\/b\/songs\/o\/covers/),
  'when what was staged is looked for': from('client', /^GET .*prefix=staging/),
  'when a deleted song is looked for': from('client', /^GET .*prefix=songs/),
  'when a deleted song is removed': from('client', /^DELETE .*\/o\/songs%2F/),
  'when it has been removed': from('server', /^HTTP\/1.1 204/),
};

interface Killed {
  /** How often it has come to a moment, and to its end after it. */
  kills: number;
  violations: string[];
  chunks: Record<Side, number>;
}

/** A request from its beginning to the deletion of one of its songs, the server killed at these moments, one after the other. */
async function liveThrough(moments: Trap[]): Promise<Killed> {
  const waiting = [...moments];
  const restarts: Promise<void>[] = [];
  const halfThings: string[] = [];
  const arm = () => storage.proxy.at(waiting.shift() ?? (() => false), kill);
  function kill(): void {
    storage.kill();
    storage.proxy.cut(); // until it is up again and the next moment is waited for
    restarts.push(restart());
  }
  async function restart(): Promise<void> {
    await storage.restart();
    arm();
    storage.proxy.join();
    halfThings.push(...(await findHalfThings()));
  }
  arm();
  const accepted = studio.sandbox.accepted();
  const { life } = await askUntilTaken(studio, mina);
  const runs = () => liveOut(studio, [life], () => Promise.all(restarts));
  await runs();
  const second = (await mina.generation(life.generationId)).songs[1];
  if (second?.state === 'ready') {
    const { songId } = second;
    life.deletedSongId = songId;
    await deleteSong({ songId, ownerId: mina.uid, generationId: life.generationId }, new Date(studio.clock.now()));
    await runs();
  }
  const chunks = { ...storage.proxy.counted() };
  const { state } = await mina.generation(life.generationId);
  const late = await takeLate();
  const violations = await findViolations({ studio }, [life], accepted);
  await sweep({ studio });
  if (late.length > 1) violations.push(`staged and left: ${late.join(' ')}`);
  return { kills: restarts.length, chunks, violations: [...violations, ...halfThings, ...(state === 'ready' ? [] : [`it is ${state}`])] };
}

/** A server may end a request long after its client gave up on it, and looked: what it stages so late is left to `sweepStorage`. */
async function takeLate(): Promise<string[]> {
  const late: string[] = [];
  for await (const { name } of storage.store.list('staging/')) late.push(name);
  for (const name of late) await storage.store.delete(name);
  return late;
}

/** Whatever can be read under a song's name is what the name says. */
async function findHalfThings(): Promise<string[]> {
  const half: string[] = [];
  for await (const { name } of storage.store.list('')) {
    if (name.startsWith('staging/')) continue;
    const bytes = await buffer((await storage.store.open(name)).body);
    if (!name.includes(createHash('sha256').update(bytes).digest('hex'))) half.push(`${name} holds something else`);
  }
  return half;
}

describe('G1: the server of the storage is killed and started again', () => {
  it(
    'at every step of storing and removing, one after the other: the songs are ready, no object is damaged, nothing is left over',
    async () => {
      const { kills, violations } = await liveThrough(Object.values(MOMENTS));
      expect({ kills, violations }).toEqual({ kills: Object.keys(MOMENTS).length, violations: [] });
    },
    limitMs(120_000),
  );

  it(
    'anywhere between the first byte of a song and the removal of the last: the same',
    async () => {
      const { chunks } = await liveThrough([() => false]);
      const all = (['client', 'server'] as const).flatMap((side) =>
        Array.from({ length: chunks[side] }, (_, index) => ({ side, n: index + 1 })),
      );
      const tried = isLong ? all : fc.sample(fc.constantFrom(...all), { seed, numRuns: 4 });
      const faults: string[] = [];
      for (const { side, n } of tried) {
        const { violations } = await liveThrough([(from, count) => from === side && count === n]);
        faults.push(...violations.map((fault) => `${side} ${n}: ${fault}`));
      }
      expect(faults).toEqual([]);
    },
    limitMs(120_000),
  );
});
