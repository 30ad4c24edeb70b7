/** What was measured, held against DESIGN §13. */
import type { CachedRead } from './cachedRead.ts';
import type { ColdStart } from './coldStart.ts';
import { type Finding, finding } from './finding.ts';
import type { Memory } from './memory.ts';

export function tokenFinding({ p50Ms, againP50Ms }: { p50Ms: number; againP50Ms: number }): Finding {
  const measured = `${p50Ms.toFixed(3)} ms the first time, ${againP50Ms.toFixed(3)} ms when it comes again`;
  return finding({ what: 'ID-token check, warm, p50', goal: '≤ 0.1 ms', value: p50Ms, atMost: 0.1, measured, isMust: true });
}

/** @param played - the same of a read that signs an address besides */
export function cachedReadFinding(read: CachedRead, played: CachedRead): Finding {
  const wrong = read.wrong + played.wrong;
  const percent = (ratio: number) => `${Math.round(ratio * 100)} %`;
  const others = [
    `${count(read.soriPerS)} of ${count(read.helloPerS)}/s, by processor ${percent(read.cpuRatio)}`,
    `each eighth taking a lease from the emulator ${count(read.leasedPerS)}/s`,
    `getPlayback, which signs, ${percent(played.ratio)}`,
    `node:http ${count(read.nodePerS)}/s`,
  ];
  return finding({
    ...{ what: 'signed-in cached read (getStatus), requests a second', goal: '≥ 70 % of a bare functions-framework hello', isMust: true },
    ...{ value: wrong > 0 ? 0 : read.ratio, atLeast: 0.7 },
    measured: wrong > 0 ? `${count(wrong)} answers were wrong` : `${percent(read.ratio)} (${others.join('; ')})`,
  });
}

export function coldStartFindings(
  { cached, uncached }: Record<'cached' | 'uncached', ColdStart>,
  [plain, database]: [string, string],
): Finding[] {
  const show = (ratio: number, cpu: number, ms: number, without: number) =>
    `${ratio.toFixed(2)}× (${Math.round(ms)} of ${Math.round(cached.helloMs)} ms); by processor ${cpu.toFixed(2)}×; without a compile cache ${without.toFixed(2)}×`;
  const what = 'cold start, process to first 200';
  return [
    finding({
      ...{ what: `${what}, without Firestore (${plain})`, goal: '≤ 1.3× a bare hello', isMust: true },
      ...{
        value: cached.plainRatio,
        atMost: 1.3,
        measured: show(cached.plainRatio, cached.plainCpuRatio, cached.plainMs, uncached.plainRatio),
      },
    }),
    finding({
      ...{ what: `${what}, with Firestore (${database})`, goal: '≤ 2.0× a bare hello', isMust: true },
      ...{
        value: cached.databaseRatio,
        atMost: 2,
        measured: show(cached.databaseRatio, cached.databaseCpuRatio, cached.databaseMs, uncached.databaseRatio),
      },
    }),
  ];
}

export function streamingFindings({
  speed,
  firstByte,
  name,
  isRight,
}: {
  speed: number;
  firstByte: number;
  name: string;
  isRight: boolean;
}): Finding[] {
  return [
    finding({
      ...{ what: 'local streaming, bytes a second', goal: '≥ 80 % of nginx', value: isRight ? speed : 0, atLeast: 0.8 },
      measured: isRight ? `${Math.round(speed * 100)} % of ${name}` : 'other bytes than the song',
    }),
    finding({
      ...{ what: 'local streaming, first byte', goal: '≤ 2× nginx', value: firstByte, atMost: 2 },
      measured: `${firstByte.toFixed(2)}× ${name}`,
    }),
  ];
}

export function memoryFinding(measured: Memory[]): Finding {
  const wrong = measured.reduce((sum, each) => sum + each.wrong, 0);
  const peakMib = Math.max(...measured.map((each) => each.peakMib));
  return finding({
    ...{
      what: '80 concurrent requests, resident memory at most',
      goal: '≤ 256 MiB',
      value: wrong > 0 ? Number.POSITIVE_INFINITY : peakMib,
      atMost: 256,
    },
    measured: wrong > 0 ? `${count(wrong)} answers were wrong` : `${Math.round(peakMib)} MiB`,
  });
}

export function idleFinding({ reads, writes, ms }: { reads: number; writes: number; ms: number }): Finding {
  return finding({
    ...{ what: 'idle worker minute', goal: '≤ 1 read, < 300 ms', isMust: true },
    ...{ value: ms + (reads + writes > 1 ? 1000 : 0), atMost: 299.999, measured: `${reads} reads, ${writes} writes, ${ms.toFixed(0)} ms` },
  });
}

function count(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}
