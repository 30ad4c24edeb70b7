/** DESIGN §13 asks that memory holds many listeners: as many bytes pass as 200 listeners take, and none of them stay. */
import { once } from 'node:events';
import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { waitUntil } from '../../../scripts/local/waitUntil.ts';
import { fromSomewhere } from '../../support/fromSomewhere.ts';
import { given } from '../../support/given.ts';
import { type House, openHouse } from '../../support/openHouse.ts';
import { isLong, limitMs } from '../../support/runs.ts';
import { type ServedFunction, serveFunction } from './servedFunction.ts';

const MIB = 1024 * 1024;
const LISTENERS = 200;
const SOUND = Buffer.alloc(10_000_000);
for (let at = 0; at < SOUND.length; at += 4) SOUND.writeUInt32LE(Math.imul(at, 2_654_435_761) >>> 0, at);
const WAVES = isLong ? 5 : 2;
/** 8 % of the 1.6 GB that pass in a wave. The first one finds how much the process takes for itself; what stays of it would double in the next. */
const MOST_GROWTH_BYTES = 128 * MIB;
/** Of each listener: what is read ahead of him, and what waits for his socket. Beside them, what the collector has not looked at. */
const MOST_HELD_BYTES = LISTENERS * 2 * 128 * 1024 + 64 * MIB;

let house: House;
let songId: string;
let served: ServedFunction;

beforeAll(async () => {
  house = await openHouse();
  const { owner } = await house.newPeople();
  ({ songId } = await given.song({ owner: owner.uid, visibility: 'public', bytes: SOUND }));
  served = await serveFunction('streamSong');
});

afterAll(async () => {
  await served?.close();
  await house?.close();
});

interface Stream {
  asking: ClientRequest;
  answer: IncomingMessage;
}

/** Has the head of the answer, and takes nothing yet. A download counts no play: what that takes of the database's client is none of the bytes. */
async function begin(isDownload = true): Promise<Stream> {
  const asking = request(`${served.url}?songId=${songId}&download=${isDownload}`, { agent: false, headers: fromSomewhere() });
  asking.on('error', () => undefined);
  asking.end();
  const [answer] = (await once(asking, 'response')) as [IncomingMessage];
  expect([answer.statusCode, answer.headers['content-length']]).toEqual([200, String(SOUND.length)]);
  return { asking, answer };
}

/** Takes so many bytes, each looked at, with a pause behind every million; in the end he has the whole, or has left. */
async function listen({ asking, answer }: Stream, { bytes = SOUND.length, pauseMs = 0 } = {}): Promise<'right' | 'wrong' | 'left'> {
  let at = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    if (SOUND.compare(chunk, 0, chunk.length, at, at + chunk.length) !== 0) return 'wrong';
    at += chunk.length;
    if (at >= bytes && bytes < SOUND.length) {
      asking.destroy();
      return 'left';
    }
    if (pauseMs > 0 && at % 1_000_000 < chunk.length) await sleep(pauseMs);
  }
  return at === SOUND.length ? 'right' : 'wrong';
}

/** Every fourth leaves after a while, every fourth is slow. */
async function listenAll(): Promise<Record<string, number>> {
  const streams = await Promise.all(Array.from({ length: LISTENERS }, () => begin()));
  const outcomes = await Promise.all(
    streams.map((stream, at) => listen(stream, at % 4 === 0 ? { bytes: at * 40_000 } : at % 4 === 1 ? { pauseMs: 30 } : {})),
  );
  return Object.fromEntries(['right', 'wrong', 'left'].map((outcome) => [outcome, outcomes.filter((each) => each === outcome).length]));
}

/** The memory of the function during some work, at its highest. */
async function peakOf(work: () => Promise<unknown>): Promise<number> {
  let peak = 0;
  const looking = setInterval(() => {
    peak = Math.max(peak, served.residentBytes());
  }, 20);
  await work().finally(() => clearInterval(looking));
  return peak;
}

const openFiles = () => served.openDescriptors().filter((target) => target.includes(songId));

describe('Two hundred listeners at once to a song of 10 MB', () => {
  it(
    'all get its bytes, while the memory of the function holds none of those that have passed',
    async () => {
      await Promise.all(Array.from({ length: 20 }, async () => listen(await begin())));
      const atFirst = served.residentBytes();
      const peaks: number[] = [];
      for (let wave = 0; wave < WAVES; wave += 1) {
        let heard: object | undefined;
        const peak = await peakOf(async () => {
          heard = await listenAll();
        });
        peaks.push(peak);
        expect(heard).toEqual({ right: 150, wrong: 0, left: 50 });
        expect(peak - atFirst).toBeLessThan(MOST_HELD_BYTES + 64 * MIB);
        expect(peak - peaks[0]!).toBeLessThan(MOST_GROWTH_BYTES);
      }
      await waitUntil('all files are closed', () => openFiles().length === 0, 5000);
    },
    limitMs(240_000),
  );

  it('who stop taking bytes cost no more than what is on its way to them, and nothing once they are gone', async () => {
    const before = served.openDescriptors().length;
    const atFirst = served.residentBytes();
    const streams = await Promise.all(Array.from({ length: LISTENERS }, () => begin(false)));
    expect(openFiles().length).toBe(LISTENERS);
    await sleep(300);
    expect(served.residentBytes() - atFirst).toBeLessThan(MOST_HELD_BYTES);
    for (const { asking } of streams) asking.destroy();
    await waitUntil('all files are closed', () => openFiles().length === 0, 5000);
    await waitUntil('all sockets are closed', () => served.openDescriptors().length <= before, 5000);
  });
});
