/** How many signed-in reads of a song in memory one process answers in a second, beside functions-framework with nothing behind it. */
import { join } from 'node:path';
import { type Part, startPart } from '../../local/processes/part.ts';
import { median } from '../spread.ts';
import { cpuMsOf } from './cpuMsOf.ts';
import { getRequest, hammer } from './hammer.ts';
import type { Place } from './place.ts';
import type { ReadTarget, ServerInput, ServerReady } from './serverProcess.ts';

export interface CachedRead {
  soriPerS: number;
  helloPerS: number;
  /** The same, when a lease of eight is taken from the database each eighth time. */
  leasedPerS: number;
  nodePerS: number;
  /** The median of the rounds' own ratios. */
  ratio: number;
  /** The same by what an answer takes of a processor: it holds on a busy machine too. */
  cpuRatio: number;
  soriCpuMs: number;
  helloCpuMs: number;
  wrong: number;
}

const KINDS = ['framework', 'sori', 'leased', 'node'] as const;
const CONNECTIONS = 16;
/** So few that each asks often enough to have leases of 8, as somebody who browses has. */
const PEOPLE = 16;

export async function measureCachedRead(
  { directory, env }: Place,
  { target, rounds, ms }: { target: ReadTarget; rounds: number; ms: number },
): Promise<CachedRead> {
  const parts: Part<ServerReady>[] = [];
  try {
    for (const kind of KINDS) {
      const input: ServerInput = { kind, target, directory, people: PEOPLE };
      const own = { ...env, NODE_ENV: 'production', LOG_LEVEL: 'info', TRUSTED_PROXY_HOPS: '1' };
      parts.push(
        await startPart<ServerReady>(join(import.meta.dirname, 'serverProcess.ts'), input, {
          logFile: join(directory, `${target}-${kind}.log`),
          env: own,
        }),
      );
    }
    const measured: Round[][] = [];
    for (let round = 0; round <= rounds; round += 1) {
      const found: Round[] = [];
      for (const part of parts) found.push(await askOne(part, ms));
      if (round > 0) measured.push(found); // the first one warms all
    }
    const of = (at: number, figure: keyof Round) => median(measured.map((found) => found[at]![figure]));
    const ratio = (figure: 'perS' | 'cpuMs') => median(measured.map(([hello, sori]) => sori![figure] / hello![figure]));
    return {
      ...{ helloPerS: of(0, 'perS'), soriPerS: of(1, 'perS'), leasedPerS: of(2, 'perS'), nodePerS: of(3, 'perS'), ratio: ratio('perS') },
      ...{ helloCpuMs: of(0, 'cpuMs'), soriCpuMs: of(1, 'cpuMs'), cpuRatio: 1 / ratio('cpuMs') },
      wrong: measured.flat().reduce((sum, { wrong }) => sum + wrong, 0),
    };
  } finally {
    for (const { child } of parts) await child.stop();
  }
}

interface Round {
  perS: number;
  /** Of one answer. */
  cpuMs: number;
  wrong: number;
}

async function askOne({ ready, child }: Part<ServerReady>, ms: number): Promise<Round> {
  const before = cpuMsOf(child.pid);
  const { perS, wrong, answers } = await hammer({ port: ready.port, next: requestsFor(ready), connections: CONNECTIONS, ms });
  return { perS, wrong, cpuMs: (cpuMsOf(child.pid) - before) / answers };
}

/** Everybody by turns, each from an address of his own. */
function requestsFor({ tokens, path }: ServerReady): () => string {
  if (tokens.length === 0) return () => getRequest('/');
  let at = 0;
  return () => {
    at += 1;
    const address = `10.${(at >> 16) & 255}.${(at >> 8) & 255}.${at & 255}`;
    return getRequest(path, { authorization: `Bearer ${tokens[at % tokens.length]}`, 'x-forwarded-for': address });
  };
}
