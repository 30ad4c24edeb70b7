/** The table of the benchmark `provider`. */
import { LISTS, type Looked } from './listeners.ts';
import { showTable } from './showTable.ts';
import { median, quantile } from './spread.ts';

/** How the provider is. While it is `idle`, nobody asks for songs. */
export const CONDITIONS = ['idle', 'well', 'fails', 'hangs'] as const;
export type Condition = (typeof CONDITIONS)[number];

export interface Round extends Looked {
  condition: Condition;
  /** Answers to `createSong`, by status. */
  asked: Record<string, number>;
  /** Calls that came to the provider. */
  providerCalls: number;
}

/** The design's goal for a provider in trouble, against one that is well. */
const GOAL = 1.2;

export function reportProvider(rounds: Round[]): string {
  const heading = [
    'listSongs',
    ...CONDITIONS.flatMap((condition) => [`${condition}: median`, 'p95']),
    ...RATIOS.map(([trouble, before]) => `p95 ${trouble} / ${before}`),
  ];
  const rows = LISTS.map((list) => {
    const figures = (condition: Condition, share: number) => figure(rounds, condition, ({ ms }) => quantile(ms[list], share));
    const cells = CONDITIONS.flatMap((condition) => [0.5, 0.95].map((share) => `${figures(condition, share).toFixed(1)} ms`));
    const ratios = RATIOS.map(([trouble, before]) => `${(figures(trouble, 0.95) / figures(before, 0.95)).toFixed(2)}x`);
    return [list, ...cells, ...ratios];
  });
  const counts = CONDITIONS.map((condition) => [condition, ...countsOf(rounds, condition)]);
  return [
    showTable(heading, rows),
    `Each figure is the median of ${rounds.length / CONDITIONS.length} rounds; the goal for a ratio is ${GOAL}x at most.`,
    '',
    showTable(['meanwhile, in all rounds', 'createSong answered', 'calls to the provider', 'listSongs failed'], counts),
  ].join('\n');
}

/** `well` makes as many songs; `idle` is the machine by itself. */
const RATIOS = [
  ['fails', 'well'],
  ['hangs', 'well'],
  ['fails', 'idle'],
  ['hangs', 'idle'],
] as const satisfies [Condition, Condition][];

function figure(rounds: Round[], condition: Condition, of: (round: Round) => number): number {
  return median(rounds.filter((round) => round.condition === condition).map(of));
}

function countsOf(rounds: Round[], condition: Condition): string[] {
  const own = rounds.filter((round) => round.condition === condition);
  const statuses = new Map<string, number>();
  for (const { asked } of own)
    for (const [status, count] of Object.entries(asked)) statuses.set(status, (statuses.get(status) ?? 0) + count);
  const sum = (of: (round: Round) => number) => String(own.reduce((total, round) => total + of(round), 0));
  const answers = [...statuses].map(([status, count]) => `${count} x ${status}`).join(', ');
  return [answers, sum(({ providerCalls }) => providerCalls), sum(({ faults }) => faults)];
}
