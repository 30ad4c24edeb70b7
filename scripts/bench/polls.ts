/** Who asks the provider about which task, and when. */
import type { MusicProvider } from '#shared/music';

export interface Poll {
  taskIds: string[];
  /** Milliseconds since the epoch, with fractions: by one clock for all processes of a machine. */
  fromMs: number;
  toMs: number;
}

/** The same provider; `keep` hears of each call of `getTasks` when it is over. */
export function recordPolls(provider: MusicProvider, keep: (poll: Poll) => void): MusicProvider {
  return {
    ...provider,
    getTasks: async (taskIds) => {
      const fromMs = nowMs();
      try {
        return await provider.getTasks(taskIds);
      } finally {
        keep({ taskIds, fromMs, toMs: nowMs() });
      }
    },
  };
}

function nowMs(): number {
  return performance.timeOrigin + performance.now();
}

/** By how many one and the same task was asked for at once, at most. 1 is how it must be. */
export function mostAtOnce(polls: Poll[]): number {
  const byTask = Map.groupBy(
    polls.flatMap(({ taskIds, fromMs, toMs }) => taskIds.map((taskId) => ({ taskId, fromMs, toMs }))),
    ({ taskId }) => taskId,
  );
  return Math.max(0, ...[...byTask.values()].map(mostOverlapping));
}

function mostOverlapping(spans: { fromMs: number; toMs: number }[]): number {
  // An end and a beginning at the same moment do not overlap: ends first.
  const edges = spans.flatMap(({ fromMs, toMs }) => [
    { atMs: fromMs, by: 1 },
    { atMs: toMs, by: -1 },
  ]);
  edges.sort((a, b) => a.atMs - b.atMs || a.by - b.by);
  let now = 0;
  let most = 0;
  for (const { by } of edges) {
    now += by;
    most = Math.max(most, now);
  }
  return most;
}
