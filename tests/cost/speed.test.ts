/** What of the goals of speed is known without measuring, and the table that the benchmark prints. */
import { describe, expect, it } from '@jest/globals';
import { finding } from '../../scripts/bench/speed/finding.ts';
import { asMarkdown } from '../../scripts/bench/speed/report.ts';
import { roundTripFindings } from '../../scripts/bench/speed/roundTrips.ts';

it('Reads that apps ask for all the time wait for Firestore once, and createSong at most three times', () => {
  expect(roundTripFindings().filter(({ isMet }) => !isMet)).toEqual([]);
});

describe('the table of speed', () => {
  const client = { loadMs: 1, firstReadMs: 1, cpuMs: 1, rssMib: 1 };

  it('says of each goal whether it is met', () => {
    const findings = [
      finding({ what: 'a read', goal: '≥ 70 %', value: 0.69, atLeast: 0.7, measured: '69 %' }),
      finding({ what: 'memory', goal: '≤ 256 MiB', value: 256, atMost: 256, measured: '256 MiB' }),
      finding({ what: 'nothing known', goal: '≤ 1', value: Number.NaN, atMost: 1, measured: '?' }),
    ];
    const shown = asMarkdown({ measuredOn: '2026-11-24', rounds: 5, findings, clients: { grpc: client, rest: client } });
    expect(shown.split('\n').slice(2, 7)).toEqual([
      '| what | goal | measured |  |',
      '| --- | --- | --- | --- |',
      '| a read | ≥ 70 % | 69 % | ✗ |',
      '| memory | ≤ 256 MiB | 256 MiB | ✓ |',
      '| nothing known | ≤ 1 | ? | ✗ |',
    ]);
  });
});
