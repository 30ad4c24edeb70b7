/** People who take a song from a server, all there is of it, or its first bytes. */
import { Agent, get } from 'node:http';
import type { Given } from './benchmark.ts';
import { median } from './spread.ts';

/** @param urlOf - a new one for each call */
export async function listen(urlOf: () => string, song: Buffer, given: Pick<Given, 'number'>): Promise<Figures> {
  const agent = new Agent({ keepAlive: true });
  try {
    const firstBytes: Taken[] = [];
    for (let look = 0; look < given.number('looks'); look += 1)
      firstBytes.push(await take(urlOf(), agent, song.subarray(0, 2), 'bytes=0-1'));
    const startedAt = performance.now();
    const listeners = Array.from({ length: given.number('listeners') }, async () => {
      const taken: Taken[] = [];
      for (let count = 0; count < given.number('songs'); count += 1) taken.push(await take(urlOf(), agent, song));
      return taken;
    });
    const songs = (await Promise.all(listeners)).flat();
    const tookS = (performance.now() - startedAt) / 1000;
    return {
      bytesPerS: (songs.length * song.length) / tookS,
      firstByteMs: median(firstBytes.map(({ firstByteMs }) => firstByteMs)),
      wrong: [...firstBytes, ...songs].filter(({ isRight }) => !isRight).length,
    };
  } finally {
    agent.destroy();
  }
}

export interface Figures {
  /** Of all listeners together. */
  bytesPerS: number;
  /** From the question to the first byte of a part. */
  firstByteMs: number;
  /** Answers that were not the song. */
  wrong: number;
}

interface Taken {
  firstByteMs: number;
  isRight: boolean;
}

let callers = 0;

function take(url: string, agent: Agent, expected: Buffer, range?: string): Promise<Taken> {
  callers += 1;
  const headers = {
    'x-forwarded-for': `10.${(callers >> 16) & 255}.${(callers >> 8) & 255}.${callers & 255}`,
    ...(range ? { range } : {}),
  };
  const startedAt = performance.now();
  return new Promise((resolve, reject) => {
    get(url, { agent, headers }, (answer) => {
      let firstByteMs = 0;
      let at = 0;
      let isRight = answer.statusCode === (range ? 206 : 200);
      answer.on('data', (chunk: Buffer) => {
        firstByteMs ||= performance.now() - startedAt;
        isRight &&= expected.compare(chunk, 0, chunk.length, at, at + chunk.length) === 0;
        at += chunk.length;
      });
      answer.on('end', () => resolve({ firstByteMs, isRight: isRight && at === expected.length })).on('error', reject);
    }).on('error', reject);
  });
}
